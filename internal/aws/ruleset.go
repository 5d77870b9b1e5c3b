package aws

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// open brings one direction of a group to the rules that are wanted: first
// lets in what is missing, then shuts out what is too much.
func (c *Clients) open(ctx context.Context, group string, egress bool, has, want []Rule) error {
	before, after := map[string]Rule{}, map[string]Rule{}
	for _, r := range has {
		before[ruleKey(egress, r)] = r
	}
	var missing, reworded, surplus []Rule
	for _, r := range want {
		key := ruleKey(egress, r)
		after[key] = r
		switch old, there := before[key]; {
		case !there:
			missing = append(missing, r)
		case old.Description != r.Description:
			reworded = append(reworded, r)
		}
	}
	for _, r := range has {
		if _, kept := after[ruleKey(egress, r)]; !kept {
			surplus = append(surplus, r)
		}
	}
	if err := c.admit(ctx, group, egress, missing); err != nil {
		return err
	}
	if err := c.reword(ctx, group, egress, reworded); err != nil {
		return err
	}
	err := c.revoke(ctx, group, egress, surplus)
	if isCode(err, groupUnknown) {
		return notYet{err} // it was listed a moment ago
	}
	return err
}

func permissions(rules []Rule) []types.IpPermission {
	var all []types.IpPermission
	for _, r := range rules {
		all = append(all, r.permission())
	}
	return all
}

// authorize lets rules in, all or none of them.
func (c *Clients) authorize(ctx context.Context, group string, egress bool, rules []Rule, tags []types.TagSpecification) (err error) {
	if len(rules) == 0 {
		return nil
	}
	if egress {
		_, err = c.EC2.AuthorizeSecurityGroupEgress(ctx, &ec2.AuthorizeSecurityGroupEgressInput{
			GroupId: aws.String(group), IpPermissions: permissions(rules), TagSpecifications: tags,
		})
		return err
	}
	_, err = c.EC2.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: aws.String(group), IpPermissions: permissions(rules), TagSpecifications: tags,
	})
	return err
}

// admit lets rules in that are parts of their group. When one is there already
// AWS takes none, so they are sent one by one then, and one that was an object
// of its own becomes a part of the group.
func (c *Clients) admit(ctx context.Context, group string, egress bool, rules []Rule) error {
	err := c.authorize(ctx, group, egress, rules, nil)
	if Classify(err) != engine.Conflict {
		return err
	}
	if len(rules) > 1 {
		for _, r := range rules {
			if err := c.admit(ctx, group, egress, []Rule{r}); err != nil {
				return err
			}
		}
		return nil
	}
	old, there, err := c.standing(ctx, group, egress, rules[0])
	if err != nil || !there || len(old.Tags) == 0 {
		return err
	}
	return unlessGone(c.tagEC2(ctx, aws.ToString(old.SecurityGroupRuleId), nil, slices.Sorted(maps.Keys(fromEC2(old.Tags)))))
}

// reword gives rules that are there another description, or none.
func (c *Clients) reword(ctx context.Context, group string, egress bool, rules []Rule) (err error) {
	if len(rules) == 0 {
		return nil
	}
	if egress {
		_, err = c.EC2.UpdateSecurityGroupRuleDescriptionsEgress(ctx, &ec2.UpdateSecurityGroupRuleDescriptionsEgressInput{
			GroupId: aws.String(group), IpPermissions: permissions(rules),
		})
		return err
	}
	_, err = c.EC2.UpdateSecurityGroupRuleDescriptionsIngress(ctx, &ec2.UpdateSecurityGroupRuleDescriptionsIngressInput{
		GroupId: aws.String(group), IpPermissions: permissions(rules),
	})
	return err
}

// revoke shuts rules out, one by one: when one of several is not there, AWS
// takes the whole call for wrong. What a rule is described as does not matter.
func (c *Clients) revoke(ctx context.Context, group string, egress bool, rules []Rule) (err error) {
	for _, r := range rules {
		r.Description = ""
		if egress {
			_, err = c.EC2.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{
				GroupId: aws.String(group), IpPermissions: permissions([]Rule{r}),
			})
		} else {
			_, err = c.EC2.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{
				GroupId: aws.String(group), IpPermissions: permissions([]Rule{r}),
			})
		}
		if err != nil && !isCode(err, "InvalidPermission.NotFound") {
			return err
		}
	}
	return nil
}

// groupUnknown is EC2's code for a group that is gone, or so new that it is not
// known everywhere.
const groupUnknown = "InvalidGroup.NotFound"

// revokeOne shuts out the rule with that id, and no other that says the same.
func (c *Clients) revokeOne(ctx context.Context, group string, egress bool, id string) (err error) {
	if egress {
		_, err = c.EC2.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{
			GroupId: aws.String(group), SecurityGroupRuleIds: []string{id},
		})
	} else {
		_, err = c.EC2.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{
			GroupId: aws.String(group), SecurityGroupRuleIds: []string{id},
		})
	}
	return unlessGone(err)
}
