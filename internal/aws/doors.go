package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/sync/errgroup"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// defaultGroup is the name of the group that comes with each VPC; AWS lets no
// other group have it.
const defaultGroup = "default"

// doors are the environment's security groups with all their rules, listed
// once for the three kinds that are made of them.
type doors struct {
	groups []types.SecurityGroup
	single []types.SecurityGroupRule // those that are objects of their own
	owned  map[string]bool           // group, direction and rule of each of these
}

func (c *Clients) doors(ctx context.Context, scope engine.Scope) (doors, error) {
	return engine.Once(scope, "security groups", func() (doors, error) {
		d := doors{owned: map[string]bool{}}
		both, inner := errgroup.WithContext(ctx)
		both.Go(func() (err error) {
			d.groups, err = c.groups(inner, ours(scope))
			return err
		})
		both.Go(func() (err error) {
			d.single, err = c.groupRules(inner, ours(scope))
			return err
		})
		if err := both.Wait(); err != nil {
			return d, err
		}
		for _, r := range d.single {
			d.owned[aws.ToString(r.GroupId)+ruleKey(aws.ToBool(r.IsEgress), ruleOf(r))] = true
		}
		return d, nil
	})
}

func (c *Clients) groups(ctx context.Context, filters []types.Filter) (all []types.SecurityGroup, err error) {
	pages := ec2.NewDescribeSecurityGroupsPaginator(c.EC2, &ec2.DescribeSecurityGroupsInput{Filters: filters})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, page.SecurityGroups...)
	}
	return all, nil
}

func (c *Clients) groupRules(ctx context.Context, filters []types.Filter) (all []types.SecurityGroupRule, err error) {
	pages := ec2.NewDescribeSecurityGroupRulesPaginator(c.EC2, &ec2.DescribeSecurityGroupRulesInput{Filters: filters})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, page.SecurityGroupRules...)
	}
	return all, nil
}

// standing finds the rule of a group that says the same: AWS has it only once.
func (c *Clients) standing(ctx context.Context, group string, egress bool, rule Rule) (types.SecurityGroupRule, bool, error) {
	all, err := c.groupRules(ctx, []types.Filter{{Name: aws.String("group-id"), Values: []string{group}}})
	if err != nil {
		return types.SecurityGroupRule{}, false, err
	}
	for _, r := range all {
		if aws.ToBool(r.IsEgress) == egress && ruleKey(egress, ruleOf(r)) == ruleKey(egress, rule) {
			return r, true, nil
		}
	}
	return types.SecurityGroupRule{}, false, nil
}

// rules are those of one direction that are parts of their group.
func (d doors) rules(g types.SecurityGroup, egress bool) engine.Set[Rule] {
	permissions := g.IpPermissions
	if egress {
		permissions = g.IpPermissionsEgress
	}
	var rules engine.Set[Rule]
	for _, r := range rulesOf(permissions) {
		if !d.owned[aws.ToString(g.GroupId)+ruleKey(egress, r)] {
			rules = append(rules, r)
		}
	}
	return rules
}
