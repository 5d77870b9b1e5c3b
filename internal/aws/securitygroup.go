package aws

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/sync/errgroup"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// SecurityGroup is a set of rules for who may talk to what is in it.
type SecurityGroup struct {
	// Name is 1 to 255 characters, unique in the VPC, and does not begin with sg-.
	Name string          `json:"name"`
	VPC  engine.Ref[VPC] `json:"vpc"`
	// Description is 1 to 255 characters of a-z, A-Z, 0-9, spaces, and ._-:/()#,@[]+=&;{}!$*
	Description string           `json:"description"`
	Ingress     engine.Set[Rule] `json:"ingress"`
	Egress      engine.Set[Rule] `json:"egress"`
}

// Kind implements engine.Spec.
func (SecurityGroup) Kind() string { return "security-group" }

// Fixed implements engine.Fixer.
func (SecurityGroup) Fixed() []string { return []string{"name", "vpc"} }

// Owners implements engine.Owned: AWS cannot change a description, and a group
// that is in use is not worth replacing for other words.
func (SecurityGroup) Owners() map[string]engine.Owner {
	return map[string]engine.Owner{"description": engine.OwnerAWS}
}

// Timing implements engine.Timed: interfaces of other services stay for
// minutes after what they served is gone.
func (SecurityGroup) Timing() engine.Timing {
	return engine.Timing{Create: 3 * time.Second, Update: 3 * time.Second, Delete: 5 * time.Second, GiveUp: 20 * time.Minute}
}

// Effect implements engine.Affecting.
func (SecurityGroup) Effect(engine.Fields) engine.Effect {
	return engine.Effect{Text: "who may connect changes at once"}
}

type securityGroups struct{ ec2Kind }

func (d securityGroups) Read(ctx context.Context, scope engine.Scope) ([]engine.Live[SecurityGroup], error) {
	doors, err := d.doors(ctx, scope)
	if err != nil {
		return nil, err
	}
	var lives []engine.Live[SecurityGroup]
	for _, g := range doors.groups {
		if aws.ToString(g.GroupName) == defaultGroup {
			continue
		}
		live := engine.Live[SecurityGroup]{ID: aws.ToString(g.GroupId), Tags: fromEC2(g.Tags), Spec: SecurityGroup{
			Name: aws.ToString(g.GroupName), VPC: engine.ID[VPC](aws.ToString(g.VpcId)), Description: aws.ToString(g.Description),
			Ingress: doors.rules(g, false), Egress: doors.rules(g, true),
		}}
		live.Address = live.Tags[engine.TagAddress]
		lives = append(lives, live)
	}
	return lives, nil
}

// Create makes the group with AWS's rule that lets everything out; what is not
// wanted of that is revoked by an Update.
func (d securityGroups) Create(ctx context.Context, id engine.Identity, s SecurityGroup) error {
	_, err := d.EC2.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
		GroupName: aws.String(s.Name), VpcId: aws.String(s.VPC.ID()), Description: aws.String(s.Description),
		TagSpecifications: tagged(id, types.ResourceTypeSecurityGroup),
	})
	return err
}

func (d securityGroups) Update(ctx context.Context, is engine.Live[SecurityGroup], want SecurityGroup, changed engine.Fields) error {
	for _, side := range []struct {
		field     string
		egress    bool
		has, want engine.Set[Rule]
	}{
		{"ingress", false, is.Spec.Ingress, want.Ingress},
		{"egress", true, is.Spec.Egress, want.Egress},
	} {
		if !changed.Has(side.field) {
			continue
		}
		if err := d.open(ctx, is.ID, side.egress, side.has, side.want); err != nil {
			return err
		}
	}
	return nil
}

// Delete revokes the rules of the environment's other groups that name this
// one when AWS does not delete it for them, but not while anything is in it.
func (d securityGroups) Delete(ctx context.Context, is engine.Live[SecurityGroup]) error {
	in := &ec2.DeleteSecurityGroupInput{GroupId: aws.String(is.ID)}
	_, err := d.EC2.DeleteSecurityGroup(ctx, in)
	if Classify(err) != engine.Busy {
		return err
	}
	interfaces, listErr := d.EC2.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{Filters: []types.Filter{
		{Name: aws.String("group-id"), Values: []string{is.ID}},
	}})
	if listErr != nil {
		return listErr
	}
	for _, i := range interfaces.NetworkInterfaces {
		return fmt.Errorf("network interface %s (%s) is in it: %w",
			aws.ToString(i.NetworkInterfaceId), cmp.Or(aws.ToString(i.Description), "no description"), err)
	}
	both, inner := errgroup.WithContext(ctx)
	for _, egress := range []bool{false, true} {
		both.Go(func() error { return d.forget(inner, is, egress) })
	}
	if err := both.Wait(); err != nil {
		return err
	}
	_, err = d.EC2.DeleteSecurityGroup(ctx, in)
	return err
}

func (d securityGroups) forget(ctx context.Context, is engine.Live[SecurityGroup], egress bool) error {
	filter := "ip-permission.group-id"
	if egress {
		filter = "egress.ip-permission.group-id"
	}
	others, err := d.groups(ctx, []types.Filter{
		{Name: aws.String(filter), Values: []string{is.ID}},
		{Name: aws.String("tag:" + engine.TagEnvironment), Values: []string{is.Tags[engine.TagEnvironment]}},
		{Name: aws.String("tag:" + engine.TagProject), Values: []string{is.Tags[engine.TagProject]}},
	})
	if err != nil {
		return err
	}
	for _, other := range others {
		permissions := other.IpPermissions
		if egress {
			permissions = other.IpPermissionsEgress
		}
		var named []Rule
		for _, rule := range rulesOf(permissions) {
			if rule.Group.ID() == is.ID {
				named = append(named, rule)
			}
		}
		if err := unlessGone(d.revoke(ctx, aws.ToString(other.GroupId), egress, named)); err != nil {
			return err
		}
	}
	return nil
}
