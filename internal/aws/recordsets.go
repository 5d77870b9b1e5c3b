package aws

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// recordKey is the id of a record: Route 53 has none, but one set a name and
// type in a zone.
func recordKey(zone, name, kind string) string { return zone + "/" + plainName(name) + "/" + kind }

// recordSets lists all of a zone, once a round for the zone and its records.
func (c *Clients) recordSets(ctx context.Context, s engine.Scope, zone string) ([]types.ResourceRecordSet, error) {
	return engine.Once(s, "records/"+zone, func() ([]types.ResourceRecordSet, error) {
		var all []types.ResourceRecordSet
		pages := route53.NewListResourceRecordSetsPaginator(c.Route53, &route53.ListResourceRecordSetsInput{HostedZoneId: aws.String(zone)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, unlessGone(err)
			}
			all = append(all, page.ResourceRecordSets...)
		}
		return all, nil
	})
}

// claims maps the keys of the records that are wanted or recorded to their
// addresses. What is wanted goes first: of a record that was given another
// address, the old one has nothing left.
func (c *Clients) claims(ctx context.Context, s engine.Scope, zones []zone) (map[string]string, error) {
	claimed := map[string]string{}
	known := s.Of(Record{}.Kind())
	for _, k := range known {
		r := wantedAs[Record](k)
		i := slices.IndexFunc(zones, func(z zone) bool {
			return z.id == r.Zone.ID() || z.address != "" && z.address == r.Zone.Address()
		})
		if i < 0 {
			continue
		}
		name, err := c.nameOf(ctx, s, k, r)
		if err != nil {
			return nil, err
		}
		key := recordKey(zones[i].id, name, r.Type)
		if _, taken := claimed[key]; !taken && name != "" {
			claimed[key] = k.Address
		}
	}
	for _, k := range known {
		if _, taken := claimed[k.ID]; !taken && k.ID != "" {
			claimed[k.ID] = k.Address
		}
	}
	return claimed, nil
}

// nameOf is the name of a record, or "". One that the certificate gives, and
// that is not recorded, is asked of the certificate: else nothing would tell
// that the record is ours.
func (c *Clients) nameOf(ctx context.Context, s engine.Scope, k engine.Expected, r Record) (string, error) {
	name, ok := r.Name.Get()
	if ok || k.ID != "" {
		return name, nil
	}
	raw, err := json.Marshal(r.Name)
	if err != nil {
		return "", err
	}
	var open struct {
		Ref string `json:"$ref"`
	}
	if json.Unmarshal(raw, &open) != nil {
		return "", nil // made of several attributes
	}
	address, attribute, _ := strings.Cut(open.Ref, "#")
	certificates, err := c.certificates(ctx, s)
	for _, known := range certificates {
		if known.Address == address {
			name, _ = known.Attrs[attribute].(string)
		}
	}
	return name, err
}

// strangers are the records of a zone that nobody claims, but for the two that
// every zone has.
func strangers(z zone, sets []types.ResourceRecordSet, claimed map[string]string) []string {
	var names []string
	for _, set := range sets {
		name := plainName(aws.ToString(set.Name))
		own := name == z.name && (set.Type == types.RRTypeNs || set.Type == types.RRTypeSoa)
		if _, ours := claimed[recordKey(z.id, name, string(set.Type))]; !own && !ours {
			names = append(names, name+" "+string(set.Type))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// servers are the zone's name servers, by its own NS records, sorted.
func servers(z zone, sets []types.ResourceRecordSet) []string {
	var names []string
	for _, set := range sets {
		if set.Type == types.RRTypeNs && plainName(aws.ToString(set.Name)) == z.name {
			for _, r := range set.ResourceRecords {
				names = append(names, plainName(aws.ToString(r.Value)))
			}
		}
	}
	slices.Sort(names)
	return names
}
