package aws

import (
	"context"

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

type securityGroupRules struct{ *Clients }

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

// Create takes a rule over that is there without our tags: AWS knows a rule by
// what it says, so there is never a second one.
func (d securityGroupRules) Create(ctx context.Context, id engine.Identity, s SecurityGroupRule) error {
	err := d.authorize(ctx, s.Of.ID(), s.Direction == outward, []Rule{s.Rule}, tagged(id, types.ResourceTypeSecurityGroupRule))
	if err == nil || exists(err) != nil {
		return err
	}
	pages := ec2.NewDescribeSecurityGroupRulesPaginator(d.EC2, &ec2.DescribeSecurityGroupRulesInput{Filters: []types.Filter{
		{Name: aws.String("group-id"), Values: []string{s.Of.ID()}},
	}})
	egress := s.Direction == outward
	for pages.HasMorePages() {
		page, pageErr := pages.NextPage(ctx)
		if pageErr != nil {
			return pageErr
		}
		for _, r := range page.SecurityGroupRules {
			if aws.ToBool(r.IsEgress) == egress && ruleKey(egress, ruleOf(r)) == ruleKey(egress, s.Rule) {
				return d.tagEC2(ctx, aws.ToString(r.SecurityGroupRuleId), id.Tags, nil)
			}
		}
	}
	return err
}

// Update is not asked for: every field is fixed.
func (d securityGroupRules) Update(context.Context, engine.Live[SecurityGroupRule], SecurityGroupRule, engine.Fields) error {
	return nil
}

func (d securityGroupRules) Delete(ctx context.Context, is engine.Live[SecurityGroupRule]) error {
	return d.revoke(ctx, is.Spec.Of.ID(), is.Spec.Direction == outward, []Rule{is.Spec.Rule})
}

func (d securityGroupRules) Tag(ctx context.Context, id string, set map[string]string, unset []string) error {
	return d.tagEC2(ctx, id, set, unset)
}
