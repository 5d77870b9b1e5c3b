package aws

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// zone is a hosted zone of the environment.
type zone struct {
	id, name, address string
	tags              map[string]string
	// others are the ids of zones of the same name that are not ours.
	others []string
}

// plainName is a DNS name as specs write it: in lower case, without a dot at
// the end, and with a star where Route 53 writes an octal code.
func plainName(name string) string {
	return strings.ReplaceAll(strings.TrimSuffix(strings.ToLower(name), "."), `\052`, "*")
}

// dnsZones are the environment's hosted zones. A zone's name is not unique, and it
// gets its tags only after it was made: so its caller reference tells whose it
// is as well.
func (c *Clients) dnsZones(ctx context.Context, s engine.Scope) ([]zone, error) {
	for _, id := range recordedIDs(s, HostedZone{}.Kind()) { // whoever asks for zones wants their records next
		go c.recordSets(ctx, s, id) //nolint:errcheck // it is shared with who asks
	}
	return engine.Once(s, "hosted-zones", func() ([]zone, error) {
		lists, err := fetch(ctx, s.Names(HostedZone{}.Kind()), c.zonesNamed)
		if err != nil {
			return nil, err
		}
		found := slices.Concat(lists...)
		if found, err = c.recordedZones(ctx, s, found); err != nil {
			return nil, err
		}
		return c.ownZones(ctx, s, found)
	})
}

// zonesNamed lists the public zones of a name: the list begins there.
func (c *Clients) zonesNamed(ctx context.Context, name string) (*[]types.HostedZone, error) {
	var found []types.HostedZone
	in := &route53.ListHostedZonesByNameInput{DNSName: aws.String(name), MaxItems: aws.Int32(100)}
	for {
		out, err := c.Route53.ListHostedZonesByName(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, z := range out.HostedZones {
			if plainName(aws.ToString(z.Name)) == plainName(name) && (z.Config == nil || !z.Config.PrivateZone) {
				found = append(found, z)
			}
		}
		if !out.IsTruncated || plainName(aws.ToString(out.NextDNSName)) != plainName(name) {
			return &found, nil
		}
		in.DNSName, in.HostedZoneId = out.NextDNSName, out.NextHostedZoneId
	}
}

// recordedZones adds those of the state, whose name is another one since the
// domain was changed in the config.
func (c *Clients) recordedZones(ctx context.Context, s engine.Scope, found []types.HostedZone) ([]types.HostedZone, error) {
	var missing []string
	for _, k := range s.Of(HostedZone{}.Kind()) {
		listed := slices.ContainsFunc(found, func(z types.HostedZone) bool { return zoneID(z) == k.ID })
		if k.ID != "" && !listed {
			missing = append(missing, k.ID)
		}
	}
	others, err := fetch(ctx, missing, func(ctx context.Context, id string) (*types.HostedZone, error) {
		out, err := c.Route53.GetHostedZone(ctx, &route53.GetHostedZoneInput{Id: aws.String(id)})
		if err != nil {
			return nil, err
		}
		return out.HostedZone, nil
	})
	return append(found, others...), err
}

func zoneID(z types.HostedZone) string {
	return strings.TrimPrefix(aws.ToString(z.Id), "/hostedzone/")
}

// ownZones leaves out the zones of other people. Tags are asked for of those that
// the state or their caller reference say are ours, and of all only where there
// are none of these: an account may have hundreds of the same name.
func (c *Clients) ownZones(ctx context.Context, s engine.Scope, found []types.HostedZone) ([]zone, error) {
	var all, ours []string
	for _, z := range found {
		all = append(all, zoneID(z))
		if isRecorded(s, HostedZone{}.Kind(), zoneID(z)) || addressIn(aws.ToString(z.CallerReference), s) != "" {
			ours = append(ours, zoneID(z))
		}
	}
	if len(ours) == 0 {
		ours = all
	}
	tags, err := c.zoneTags(ctx, ours)
	if err != nil {
		return nil, err
	}
	var own []zone
	others := map[string][]string{}
	for _, z := range found {
		mine := zone{id: zoneID(z), name: plainName(aws.ToString(z.Name)), tags: tags[zoneID(z)]}
		if isOurs(s, mine.tags) {
			mine.address = mine.tags[engine.TagAddress]
		} else if mine.tags[engine.TagProject] == "" {
			mine.address = addressIn(aws.ToString(z.CallerReference), s)
		}
		if mine.address != "" || isRecorded(s, HostedZone{}.Kind(), mine.id) {
			own = append(own, mine)
		} else {
			others[mine.name] = append(others[mine.name], mine.id)
		}
	}
	for i := range own {
		own[i].others = others[own[i].name]
	}
	return own, nil
}

// zoneTags reads tags, of ten zones a call. A zone that is gone meanwhile fails
// the call; then nothing is known of the tags of these ten.
func (c *Clients) zoneTags(ctx context.Context, ids []string) (map[string]map[string]string, error) {
	const most = 10 // https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListTagsForResources.html
	sets, err := fetch(ctx, slices.Collect(slices.Chunk(ids, most)), func(ctx context.Context, some []string) (*[]types.ResourceTagSet, error) {
		out, err := c.Route53.ListTagsForResources(ctx, &route53.ListTagsForResourcesInput{
			ResourceType: types.TagResourceTypeHostedzone, ResourceIds: some,
		})
		if err != nil {
			return nil, err
		}
		return &out.ResourceTagSets, nil
	})
	tags := map[string]map[string]string{}
	for _, set := range slices.Concat(sets...) {
		tags[aws.ToString(set.ResourceId)] = tagMap(set.Tags, func(t types.Tag) (*string, *string) { return t.Key, t.Value })
	}
	return tags, err
}

// callerReference says whose a zone is, and makes a create that is sent twice
// one: keyedin/PROJECT/ENVIRONMENT/hosted-zone/NAME/TOKEN, at most 128
// characters.
func callerReference(id engine.Identity) string {
	return engine.ManagedBy + "/" + id.Project + "/" + id.Environment + "/" + id.Address + "/" + id.Token
}

// addressIn is the address that a caller reference gives, if it is one of the
// environment's.
func addressIn(reference string, s engine.Scope) string {
	rest, ok := strings.CutPrefix(reference, engine.ManagedBy+"/"+s.Project+"/"+s.Environment+"/")
	if !ok {
		return ""
	}
	return rest[:max(0, strings.LastIndex(rest, "/"))]
}
