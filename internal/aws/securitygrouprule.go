package aws

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// SecurityGroupRule is a rule as an object of its own, for where two groups
// would otherwise have to name each other.
type SecurityGroupRule struct {
	Of engine.Ref[SecurityGroup] `json:"of"`
	// Direction is ingress or egress.
	Direction string `json:"direction"`
	Rule      Rule   `json:"rule"`
}

// Kind implements engine.Spec.
func (SecurityGroupRule) Kind() string { return "security-group-rule" }

// Fixed implements engine.Fixer.
func (SecurityGroupRule) Fixed() []string { return []string{"of", "direction", "rule"} }

// outward is the direction of rules about what leaves a group.
const outward = "egress"

type securityGroupRules struct{ ec2Kind }

func (d securityGroupRules) Read(ctx context.Context, scope engine.Scope) ([]engine.Live[SecurityGroupRule], error) {
	doors, err := d.doors(ctx, scope)
	if err != nil {
		return nil, err
	}
	var lives []engine.Live[SecurityGroupRule]
	for _, r := range doors.single {
		live := engine.Live[SecurityGroupRule]{ID: aws.ToString(r.SecurityGroupRuleId), Tags: fromEC2(r.Tags), Spec: SecurityGroupRule{
			Of: engine.ID[SecurityGroup](aws.ToString(r.GroupId)), Direction: "ingress", Rule: ruleOf(r),
		}}
		if aws.ToBool(r.IsEgress) {
			live.Spec.Direction = outward
		}
		live.Address = live.Tags[engine.TagAddress]
		lives = append(lives, live)
	}
	return lives, nil
}

// Create takes over a rule that is there without our tags: AWS knows a rule by
// what it says, so there is never a second one. One that is there for another
// address is made anew, so that what is deleted with that address is not this.
func (d securityGroupRules) Create(ctx context.Context, id engine.Identity, s SecurityGroupRule) error {
	egress := s.Direction == outward
	put := func() error {
		return d.authorize(ctx, s.Of.ID(), egress, []Rule{s.Rule}, tagged(id, types.ResourceTypeSecurityGroupRule))
	}
	err := put()
	if Classify(err) != engine.Conflict {
		return err
	}
	old, there, lookErr := d.standing(ctx, s.Of.ID(), egress, s.Rule)
	if lookErr != nil || !there {
		return errors.Join(err, lookErr)
	}
	ruleID := aws.ToString(old.SecurityGroupRuleId)
	of := fromEC2(old.Tags)[engine.TagAddress]
	if of != "" && of != id.Address || ruleOf(old).Description != s.Rule.Description {
		if err := d.revokeOne(ctx, s.Of.ID(), egress, ruleID); err != nil {
			return err
		}
		return put()
	}
	return d.tagEC2(ctx, ruleID, id.Tags, nil)
}

// Update is not asked for: every field is fixed.
func (d securityGroupRules) Update(context.Context, engine.Live[SecurityGroupRule], SecurityGroupRule, engine.Fields) error {
	return nil
}

// Delete leaves a rule alone that has become a part of its group.
func (d securityGroupRules) Delete(ctx context.Context, is engine.Live[SecurityGroupRule]) error {
	out, err := d.EC2.DescribeSecurityGroupRules(ctx, &ec2.DescribeSecurityGroupRulesInput{SecurityGroupRuleIds: []string{is.ID}})
	if err != nil {
		return unlessGone(err)
	}
	for _, r := range out.SecurityGroupRules {
		if fromEC2(r.Tags)[engine.TagAddress] == is.Address {
			return d.revokeOne(ctx, is.Spec.Of.ID(), is.Spec.Direction == outward, is.ID)
		}
	}
	return nil
}
