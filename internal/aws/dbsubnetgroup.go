package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// DBSubnetGroup is the set of subnets a database may live in, of two zones or
// more.
type DBSubnetGroup struct {
	// Name is 1 to 255 lower-case letters, digits, hyphens, underscores, periods
	// or spaces, and not "default".
	Name        string                         `json:"name"`
	Description string                         `json:"description"`
	Subnets     engine.Set[engine.Ref[Subnet]] `json:"subnets"`
	// After is RDS's own role: a group is the first that RDS makes.
	After engine.After `json:"$after,omitempty"`
}

// Kind implements engine.Spec.
func (DBSubnetGroup) Kind() string { return "db-subnet-group" }

// Fixed implements engine.Fixer.
func (DBSubnetGroup) Fixed() []string { return []string{"name"} }

type dbSubnetGroups struct{ *Clients }

func (d dbSubnetGroups) Read(ctx context.Context, scope engine.Scope) ([]engine.Live[DBSubnetGroup], error) {
	return each(ctx, names(scope, DBSubnetGroup{}.Kind()), func(ctx context.Context, name string) (*engine.Live[DBSubnetGroup], error) {
		group, err := d.find(ctx, name)
		if group == nil || err != nil {
			return nil, err
		}
		live := &engine.Live[DBSubnetGroup]{ID: name, Spec: DBSubnetGroup{
			Name: name, Description: aws.ToString(group.DBSubnetGroupDescription),
		}}
		for _, s := range group.Subnets {
			live.Spec.Subnets = append(live.Spec.Subnets, engine.ID[Subnet](aws.ToString(s.SubnetIdentifier)))
		}
		if isRecorded(scope, live.Spec.Kind(), name) {
			return live, nil
		}
		tags, err := d.rdsTags(ctx, group.DBSubnetGroupArn)
		belongs(scope, live, tags)
		return live, err
	})
}

// find returns nil when there is no group of that name.
func (d dbSubnetGroups) find(ctx context.Context, name string) (*types.DBSubnetGroup, error) {
	out, err := d.RDS.DescribeDBSubnetGroups(ctx, &rds.DescribeDBSubnetGroupsInput{DBSubnetGroupName: aws.String(name)})
	switch {
	case Classify(err) == engine.NotFound:
		return nil, nil
	case err != nil || len(out.DBSubnetGroups) == 0:
		return nil, err
	}
	return &out.DBSubnetGroups[0], nil
}

func (d dbSubnetGroups) Create(ctx context.Context, id engine.Identity, s DBSubnetGroup) error {
	_, err := d.RDS.CreateDBSubnetGroup(ctx, &rds.CreateDBSubnetGroupInput{
		DBSubnetGroupName: aws.String(s.Name), DBSubnetGroupDescription: aws.String(s.Description),
		SubnetIds: ids(s.Subnets), Tags: toRDS(id.Tags),
	})
	return d.whileServiceIsNew(ctx, RDSService, err)
}

func (d dbSubnetGroups) Update(ctx context.Context, is engine.Live[DBSubnetGroup], want DBSubnetGroup, changed engine.Fields) error {
	_, err := d.RDS.ModifyDBSubnetGroup(ctx, &rds.ModifyDBSubnetGroupInput{
		DBSubnetGroupName: aws.String(is.ID), DBSubnetGroupDescription: aws.String(want.Description), SubnetIds: ids(want.Subnets),
	})
	return err
}

func (d dbSubnetGroups) Delete(ctx context.Context, is engine.Live[DBSubnetGroup]) error {
	_, err := d.RDS.DeleteDBSubnetGroup(ctx, &rds.DeleteDBSubnetGroupInput{DBSubnetGroupName: aws.String(is.ID)})
	return err
}

func (d dbSubnetGroups) Tag(ctx context.Context, id string, set map[string]string, unset []string) error {
	group, err := d.find(ctx, id)
	if group == nil || err != nil {
		return err
	}
	return d.tagRDS(ctx, group.DBSubnetGroupArn, set, unset)
}
