package aws

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// records drives Record. Route 53 does not say who made a record: one is ours
// when it is wanted or recorded, and in a zone of ours.
type records struct {
	*Clients
	changes *zoneChanges
}

func newRecords(c *Clients) records {
	return records{c, newZoneChanges(func(ctx context.Context, zone string, changes []types.Change) error {
		_, err := c.Route53.ChangeResourceRecordSets(ctx, &route53.ChangeResourceRecordSetsInput{
			HostedZoneId: aws.String(zone), ChangeBatch: &types.ChangeBatch{Changes: changes},
		})
		return err
	})}
}

func (d records) Read(ctx context.Context, scope engine.Scope) ([]engine.Live[Record], error) {
	zones, err := d.dnsZones(ctx, scope)
	if err != nil {
		return nil, err
	}
	claimed, err := d.claims(ctx, scope, zones)
	if err != nil {
		return nil, err
	}
	lists, err := fetch(ctx, zones, func(ctx context.Context, z zone) (*[]engine.Live[Record], error) {
		sets, err := d.recordSets(ctx, scope, z.id)
		var lives []engine.Live[Record]
		for _, set := range sets {
			live := recordOf(z.id, set)
			// One of several sets of a name, by weight or place, is not what specs declare.
			if address, ours := claimed[live.ID]; ours && set.SetIdentifier == nil {
				live.Address = address
				lives = append(lives, live)
			}
		}
		return &lives, err
	})
	return slices.Concat(lists...), err
}

func recordOf(zone string, set types.ResourceRecordSet) engine.Live[Record] {
	name := plainName(aws.ToString(set.Name))
	s := Record{
		Zone: engine.ID[HostedZone](zone), Name: engine.Known(name), Type: string(set.Type), TTL: int(aws.ToInt64(set.TTL)),
	}
	if set.AliasTarget != nil {
		s.Alias = Alias{
			DNS:    engine.Known(strings.TrimPrefix(plainName(aws.ToString(set.AliasTarget.DNSName)), "dualstack.")),
			ZoneID: engine.Known(aws.ToString(set.AliasTarget.HostedZoneId)),
		}
	}
	for _, r := range set.ResourceRecords {
		s.Values = append(s.Values, engine.Known(plainValue(set.Type, aws.ToString(r.Value))))
	}
	return engine.Live[Record]{ID: recordKey(zone, name, s.Type), Spec: s}
}

// plainValue takes the dot from values that are names.
func plainValue(kind types.RRType, value string) string {
	if kind == types.RRTypeCname || kind == types.RRTypeNs {
		return plainName(value)
	}
	return value
}

// Create overwrites what is there: the zone is ours, and a plan has shown it.
func (d records) Create(ctx context.Context, _ engine.Identity, s Record) error {
	return d.put(ctx, s)
}

// Update puts the whole record.
func (d records) Update(ctx context.Context, _ engine.Live[Record], want Record, _ engine.Fields) error {
	return d.put(ctx, want)
}

func (d records) put(ctx context.Context, s Record) error {
	set := &types.ResourceRecordSet{Name: aws.String(s.Name.MustGet()), Type: types.RRType(s.Type)}
	if dns := s.Alias.DNS.MustGet(); dns != "" {
		// With one set of the name there is nothing to fall back to, so it is as the
		// console does it.
		set.AliasTarget = &types.AliasTarget{
			DNSName: aws.String(dns), HostedZoneId: aws.String(s.Alias.ZoneID.MustGet()), EvaluateTargetHealth: true,
		}
	} else {
		set.TTL = aws.Int64(int64(s.TTL))
		for _, value := range s.Values {
			set.ResourceRecords = append(set.ResourceRecords, types.ResourceRecord{Value: aws.String(value.MustGet())})
		}
	}
	return d.changes.do(ctx, s.Zone.ID(), types.Change{Action: types.ChangeActionUpsert, ResourceRecordSet: set})
}

// Delete reads it first, as AWS wants every value exactly as it has it.
func (d records) Delete(ctx context.Context, is engine.Live[Record]) error {
	set, err := d.exact(ctx, is)
	if err != nil || set == nil {
		return err
	}
	err = d.changes.do(ctx, is.Spec.Zone.ID(), types.Change{Action: types.ChangeActionDelete, ResourceRecordSet: set})
	if !isInvalidBatch(err) {
		return err
	}
	if now, readErr := d.exact(ctx, is); readErr != nil || now == nil {
		return readErr
	}
	return err
}

// exact is the record set as AWS has it, or nil.
func (d records) exact(ctx context.Context, is engine.Live[Record]) (*types.ResourceRecordSet, error) {
	out, err := d.Route53.ListResourceRecordSets(ctx, &route53.ListResourceRecordSetsInput{
		HostedZoneId: aws.String(is.Spec.Zone.ID()), StartRecordName: aws.String(is.Spec.Name.MustGet()),
		StartRecordType: types.RRType(is.Spec.Type), MaxItems: aws.Int32(1),
	})
	if err != nil {
		return nil, unlessGone(err)
	}
	for _, set := range out.ResourceRecordSets {
		if recordOf(is.Spec.Zone.ID(), set).ID == is.ID && set.SetIdentifier == nil {
			return &set, nil
		}
	}
	return nil, nil
}

func isInvalidBatch(err error) bool {
	var invalid *types.InvalidChangeBatch
	return errors.As(err, &invalid)
}
