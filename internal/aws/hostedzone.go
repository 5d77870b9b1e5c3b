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

// HostedZone is the public DNS zone of a domain. Its id is Route 53's, without
// "/hostedzone/".
type HostedZone struct {
	// Name is the domain, without a dot at the end.
	Name string `json:"name"`
}

// NameServers are the zone's name servers, which the domain's registrar has to
// be given, sorted.
func NameServers(r engine.Ref[HostedZone]) engine.Value[[]string] {
	return engine.Attr[[]string](r, "name-servers")
}

// Kind implements engine.Spec.
func (HostedZone) Kind() string { return "hosted-zone" }

// Fixed implements engine.Fixer.
func (HostedZone) Fixed() []string { return []string{"name"} }

// Identity implements engine.Identified: the token is the caller reference,
// which AWS takes once.
func (HostedZone) Identity() engine.Class { return engine.Tokened }

// Instead implements engine.Foundation.
func (HostedZone) Instead() string {
	return "another domain has other name servers: build a second environment with the new domain and move over to it"
}

// hostedZones drives HostedZone.
type hostedZones struct{ *Clients }

// Read returns only our own: a name is not unique, so zones of other people
// with the same one are in nobody's way.
func (d hostedZones) Read(ctx context.Context, scope engine.Scope) ([]engine.Live[HostedZone], error) {
	zones, err := d.dnsZones(ctx, scope)
	if err != nil {
		return nil, err
	}
	claimed, err := d.claims(ctx, scope, zones)
	if err != nil {
		return nil, err
	}
	return fetch(ctx, zones, func(ctx context.Context, z zone) (*engine.Live[HostedZone], error) {
		sets, err := d.recordSets(ctx, scope, z.id)
		if err != nil || len(sets) == 0 { // each has its NS and SOA: it is gone
			return nil, err
		}
		live := &engine.Live[HostedZone]{
			Address: z.address, ID: z.id, Spec: HostedZone{Name: z.name}, Tags: z.tags,
			Attrs: map[string]any{"name-servers": servers(z, sets)},
		}
		if live.Tags == nil {
			live.Tags = map[string]string{}
		}
		if len(z.others) > 0 {
			live.Reason = "the account has another zone of this name, whose records are not in this one: " + strings.Join(z.others, ", ")
		}
		if others := strangers(z, sets, claimed); len(others) > 0 {
			live.Keep = "it holds records that are not part of this environment: " + strings.Join(others, ", ")
		}
		return live, nil
	})
}

// Create makes it without tags, which CreateHostedZone does not take; the
// caller reference tells until then whose it is.
func (d hostedZones) Create(ctx context.Context, id engine.Identity, s HostedZone) error {
	_, err := d.Route53.CreateHostedZone(ctx, &route53.CreateHostedZoneInput{
		Name: aws.String(s.Name), CallerReference: aws.String(callerReference(id)),
		HostedZoneConfig: &types.HostedZoneConfig{Comment: aws.String(id.Project + " " + id.Environment)},
	})
	return err
}

// Update has nothing to do: a zone is its name, and that cannot be changed.
func (d hostedZones) Update(context.Context, engine.Live[HostedZone], HostedZone, engine.Fields) error {
	return nil
}

// Delete is refused while the zone holds more than its NS and SOA records.
func (d hostedZones) Delete(ctx context.Context, is engine.Live[HostedZone]) error {
	_, err := d.Route53.DeleteHostedZone(ctx, &route53.DeleteHostedZoneInput{Id: aws.String(is.ID)})
	return err
}

// Tag implements engine.Tagger. A call takes ten tags.
// https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeTagsForResource.html
func (d hostedZones) Tag(ctx context.Context, id string, set map[string]string, unset []string) error {
	const most = 10
	change := func(in route53.ChangeTagsForResourceInput) error {
		in.ResourceType, in.ResourceId = types.TagResourceTypeHostedzone, aws.String(id)
		_, err := d.Route53.ChangeTagsForResource(ctx, &in)
		return err
	}
	tags := tagList(set, func(k, v *string) types.Tag { return types.Tag{Key: k, Value: v} })
	for some := range slices.Chunk(tags, most) {
		if err := change(route53.ChangeTagsForResourceInput{AddTags: some}); err != nil {
			return err
		}
	}
	for some := range slices.Chunk(unset, most) {
		if err := change(route53.ChangeTagsForResourceInput{RemoveTagKeys: some}); err != nil {
			return err
		}
	}
	return nil
}
