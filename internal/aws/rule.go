package aws

import (
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// Rule lets traffic of a protocol and a range of ports pass to or from one of
// CIDR, Group and PrefixList.
type Rule struct {
	// Protocol is tcp, udp, icmp, icmpv6, or -1 for all; From and To are -1 then.
	Protocol    string                    `json:"protocol"`
	From        int                       `json:"from"`
	To          int                       `json:"to"`
	CIDR        string                    `json:"cidr,omitzero"`
	Group       engine.Ref[SecurityGroup] `json:"group,omitzero"`
	PrefixList  string                    `json:"prefix-list,omitzero"`
	Description string                    `json:"description,omitzero"`
}

// ruleKey is what AWS tells two rules of a group apart by: all but the description.
func ruleKey(egress bool, r Rule) string {
	key := " in "
	if egress {
		key = " out "
	}
	return key + r.Protocol + " " + strconv.Itoa(r.From) + "-" + strconv.Itoa(r.To) + " " + r.CIDR + r.Group.ID() + r.PrefixList
}

// rulesOf takes AWS's grouping of rules by ports apart.
func rulesOf(permissions []types.IpPermission) []Rule {
	var rules []Rule
	for _, p := range permissions {
		base := portsOf(aws.ToString(p.IpProtocol), p.FromPort, p.ToPort)
		add := func(description *string, set func(*Rule)) {
			r := base
			r.Description = aws.ToString(description)
			set(&r)
			rules = append(rules, r)
		}
		for _, x := range p.IpRanges {
			add(x.Description, func(r *Rule) { r.CIDR = aws.ToString(x.CidrIp) })
		}
		for _, x := range p.Ipv6Ranges {
			add(x.Description, func(r *Rule) { r.CIDR = aws.ToString(x.CidrIpv6) })
		}
		for _, x := range p.UserIdGroupPairs {
			add(x.Description, func(r *Rule) { r.Group = engine.ID[SecurityGroup](aws.ToString(x.GroupId)) })
		}
		for _, x := range p.PrefixListIds {
			add(x.Description, func(r *Rule) { r.PrefixList = aws.ToString(x.PrefixListId) })
		}
	}
	return rules
}

func ruleOf(r types.SecurityGroupRule) Rule {
	rule := portsOf(aws.ToString(r.IpProtocol), r.FromPort, r.ToPort)
	rule.CIDR = aws.ToString(r.CidrIpv4) + aws.ToString(r.CidrIpv6)
	rule.PrefixList, rule.Description = aws.ToString(r.PrefixListId), aws.ToString(r.Description)
	if r.ReferencedGroupInfo != nil {
		rule.Group = engine.ID[SecurityGroup](aws.ToString(r.ReferencedGroupInfo.GroupId))
	}
	return rule
}

// portsOf writes "all protocols", for which AWS leaves the ports out or says
// -1, in one way.
func portsOf(protocol string, from, to *int32) Rule {
	if protocol == "-1" {
		return Rule{Protocol: protocol, From: -1, To: -1}
	}
	return Rule{Protocol: protocol, From: int(aws.ToInt32(from)), To: int(aws.ToInt32(to))}
}

func (r Rule) permission() types.IpPermission {
	p := types.IpPermission{IpProtocol: aws.String(r.Protocol)}
	if r.Protocol != "-1" {
		p.FromPort, p.ToPort = aws.Int32(int32(r.From)), aws.Int32(int32(r.To))
	}
	var description *string
	if r.Description != "" {
		description = aws.String(r.Description)
	}
	switch {
	case !r.Group.IsZero():
		p.UserIdGroupPairs = []types.UserIdGroupPair{{GroupId: aws.String(r.Group.ID()), Description: description}}
	case r.PrefixList != "":
		p.PrefixListIds = []types.PrefixListId{{PrefixListId: aws.String(r.PrefixList), Description: description}}
	case isIPv6(r.CIDR):
		p.Ipv6Ranges = []types.Ipv6Range{{CidrIpv6: aws.String(r.CIDR), Description: description}}
	default:
		p.IpRanges = []types.IpRange{{CidrIp: aws.String(r.CIDR), Description: description}}
	}
	return p
}
