package aws

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// DefaultSecurityGroup is the group that comes with the VPC and cannot be
// deleted. Emptied, it lets nothing pass that was put into no other group by
// mistake (Security Hub EC2.2).
type DefaultSecurityGroup struct {
	VPC     engine.Ref[VPC]  `json:"vpc"`
	Ingress engine.Set[Rule] `json:"ingress"`
	Egress  engine.Set[Rule] `json:"egress"`
}

// Kind implements engine.Spec.
func (DefaultSecurityGroup) Kind() string { return "default-security-group" }

// Fixed implements engine.Fixer.
func (DefaultSecurityGroup) Fixed() []string { return []string{"vpc"} }

type defaultSecurityGroups struct{ ec2Kind }

func (d defaultSecurityGroups) Read(ctx context.Context, scope engine.Scope) ([]engine.Live[DefaultSecurityGroup], error) {
	doors, err := d.doors(ctx, scope)
	if err != nil {
		return nil, err
	}
	var lives []engine.Live[DefaultSecurityGroup]
	for _, g := range doors.groups {
		if aws.ToString(g.GroupName) != defaultGroup {
			continue
		}
		live := engine.Live[DefaultSecurityGroup]{ID: aws.ToString(g.GroupId), Tags: fromEC2(g.Tags), Spec: DefaultSecurityGroup{
			VPC: engine.ID[VPC](aws.ToString(g.VpcId)), Ingress: doors.rules(g, false), Egress: doors.rules(g, true),
		}}
		live.Address = live.Tags[engine.TagAddress]
		lives = append(lives, live)
	}
	return lives, nil
}

// Create puts the tags on the group that is there, which makes it ours.
func (d defaultSecurityGroups) Create(ctx context.Context, id engine.Identity, s DefaultSecurityGroup) error {
	groups, err := d.groups(ctx, []types.Filter{
		{Name: aws.String("vpc-id"), Values: []string{s.VPC.ID()}},
		{Name: aws.String("group-name"), Values: []string{defaultGroup}},
	})
	if err != nil {
		return err
	}
	if len(groups) == 0 {
		return notYet{errors.New("the VPC's default security group is not listed yet")}
	}
	return d.tagEC2(ctx, aws.ToString(groups[0].GroupId), id.Tags, nil)
}

func (d defaultSecurityGroups) Update(ctx context.Context, is engine.Live[DefaultSecurityGroup], want DefaultSecurityGroup, changed engine.Fields) error {
	if changed.Has("ingress") {
		if err := d.open(ctx, is.ID, false, is.Spec.Ingress, want.Ingress); err != nil {
			return err
		}
	}
	if changed.Has("egress") {
		return d.open(ctx, is.ID, true, is.Spec.Egress, want.Egress)
	}
	return nil
}

// Delete takes the tags away: the group itself goes with its VPC.
func (d defaultSecurityGroups) Delete(ctx context.Context, is engine.Live[DefaultSecurityGroup]) error {
	var keys []string
	for key := range is.Tags {
		if !strings.HasPrefix(key, "aws:") { // these are AWS's, and cannot be taken away
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return unlessGone(d.tagEC2(ctx, is.ID, nil, keys))
}
