package aws

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// doorShape is what the steps of the security groups' test differ in.
type doorShape struct {
	people, words string // the range and the description of a rule
	mail, ping    bool
	// out is the name of a rule between the groups as an object of its own.
	out string
	// inside makes that rule a part of its group instead.
	inside bool
}

func (s doorShape) declare(st *engine.Stack) {
	vpc := engine.Add(st, "main", VPC{CIDR: "10.0.0.0/16"})
	engine.Add(st, "main", DefaultSecurityGroup{VPC: vpc})
	web := Rule{Protocol: "tcp", From: 443, To: 443, CIDR: "0.0.0.0/0", Description: s.words}
	application := SecurityGroup{
		Name: st.Environment + "-application", VPC: vpc, Description: "The application",
		Egress: engine.Set[Rule]{web, {Protocol: "tcp", From: 443, To: 443, CIDR: "198.51.100.0/24"}},
	}
	if s.mail {
		application.Egress = append(application.Egress, Rule{Protocol: "-1", From: -1, To: -1, CIDR: "203.0.113.0/25", Description: "mail"})
	}
	if s.ping {
		application.Ingress = append(application.Ingress, Rule{Protocol: "icmp", From: 8, To: -1, CIDR: "10.0.0.0/16"})
	}
	app := engine.Add(st, "application", application)
	database := SecurityGroup{
		Name: st.Environment + "-database", VPC: vpc, Description: "The database", Ingress: engine.Set[Rule]{
			{Protocol: "tcp", From: 3306, To: 3306, Group: app, Description: "the application"},
			{Protocol: "tcp", From: 3306, To: 3306, CIDR: s.people},
		},
	}
	back := Rule{Protocol: "tcp", From: 80, To: 80, Group: app, Description: "back"}
	if s.inside {
		database.Egress = engine.Set[Rule]{back}
	}
	db := engine.Add(st, "database", database)
	if s.out != "" {
		engine.Add(st, s.out, SecurityGroupRule{Of: db, Direction: "egress", Rule: back})
	}
}

func TestSecurityGroups(t *testing.T) {
	s := doorShape{people: "203.0.113.0/24", words: "https", out: "out"}
	people, words, mail := s, s, s
	people.people, words.words, mail.mail, mail.ping = "203.0.113.128/25", "https from anywhere", true, true
	none := s
	none.words, none.out = "", ""
	conform(t, s.declare, people.declare, words.declare, mail.declare, none.declare, s.declare)
}

// A rule can become a part of its group, an object of its own again, and get
// another address, and is there each time.
func TestRulesMove(t *testing.T) {
	object := doorShape{people: "203.0.113.0/24", out: "out"}
	part, other := object, object
	part.out, part.inside, other.out = "", true, "another"
	a := newWorked(t, object.declare)
	for _, s := range []doorShape{part, object, other} {
		a.declare = s.declare
		a.apply()
		if d := cmp.Diff(map[string][]string{}, a.differences()); d != "" {
			t.Errorf("%+v is not what there is (-want +got):\n%s", s, d)
		}
	}
}

// What someone opened or shut by hand is seen, and set right.
func TestSecurityGroupsChangedByHand(t *testing.T) {
	a := newWorked(t, doorShape{people: "203.0.113.0/24", out: "out"}.declare)
	ctx := t.Context()
	everything := []types.IpPermission{{
		IpProtocol: aws.String("-1"), IpRanges: []types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}},
		Ipv6Ranges: []types.Ipv6Range{{CidrIpv6: aws.String("::/0")}},
	}}
	inner, db := a.id("default-security-group/main"), a.id("security-group/database")
	a.must(a.EC2.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &inner, IpPermissions: everything}))
	a.must(a.EC2.AuthorizeSecurityGroupEgress(ctx, &ec2.AuthorizeSecurityGroupEgressInput{GroupId: &db, IpPermissions: everything}))
	a.must(a.EC2.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &db, IpPermissions: []types.IpPermission{{
		IpProtocol: aws.String("tcp"), FromPort: aws.Int32(3306), ToPort: aws.Int32(3306),
		IpRanges: []types.IpRange{{CidrIp: aws.String("203.0.113.0/24")}},
	}}}))
	rule := a.id("security-group-rule/out")
	a.must(a.EC2.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{GroupId: &db, SecurityGroupRuleIds: []string{rule}}))
	want := map[string][]string{
		"default-security-group/main": {"ingress"}, "security-group/database": {"egress", "ingress"}, "security-group-rule/out": nil,
	}
	if d := cmp.Diff(want, a.differences()); d != "" {
		t.Errorf("differences (-want +got):\n%s", d)
	}
	a.apply()
	if d := cmp.Diff(map[string][]string{}, a.differences()); d != "" {
		t.Errorf("still different (-want +got):\n%s", d)
	}
}

// A group goes though another of the environment names it.
func TestSecurityGroupThatIsNamedGoes(t *testing.T) {
	a := newWorked(t, doorShape{people: "203.0.113.0/24", out: "out"}.declare)
	app := a.id("security-group/application")
	is := engine.Live[SecurityGroup]{ID: app, Tags: engine.Identify("sample", "test", "security-group/application")}
	if err := (securityGroups{ec2Kind{a.Clients}}).Delete(t.Context(), is); err != nil {
		t.Fatal(err)
	}
	if _, err := a.EC2.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{GroupIds: []string{app}}); Classify(err) != engine.NotFound {
		t.Errorf("the group is still there: %v", err)
	}
}

// A group that something is in stays, and so do the rules that name it.
func TestSecurityGroupInUseStays(t *testing.T) {
	a := newWorked(t, doorShape{people: "203.0.113.0/24", out: "out"}.declare)
	ctx := t.Context()
	vpc, app, db := a.id("vpc/main"), a.id("security-group/application"), a.id("security-group/database")
	subnet, err := a.EC2.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: &vpc, CidrBlock: aws.String("10.0.0.0/24")})
	a.must(subnet, err)
	a.must(a.EC2.CreateNetworkInterface(ctx, &ec2.CreateNetworkInterfaceInput{
		SubnetId: subnet.Subnet.SubnetId, Groups: []string{app}, Description: aws.String("ELB app/theirs/0123456789abcdef"),
	}))
	is := engine.Live[SecurityGroup]{ID: app, Tags: engine.Identify("sample", "test", "security-group/application")}
	err = securityGroups{ec2Kind{a.Clients}}.Delete(ctx, is)
	if Classify(err) != engine.Busy || !strings.Contains(err.Error(), "ELB app/theirs/0123456789abcdef") {
		t.Errorf("delete: %v, want that the interface is in the way", err)
	}
	groups, err := a.groups(ctx, []types.Filter{{Name: aws.String("group-id"), Values: []string{db}}})
	a.must(groups, err)
	if rules := rulesOf(groups[0].IpPermissions); len(rules) != 2 {
		t.Errorf("the database's rules are %+v, want both", rules)
	}
}

// A rule is read back as it was written.
func TestRuleThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rule := Rule{
			Protocol: rapid.SampledFrom([]string{"tcp", "udp", "icmp", "icmpv6", "-1"}).Draw(t, "protocol"),
			From:     rapid.IntRange(-1, 65535).Draw(t, "from"), To: rapid.IntRange(-1, 65535).Draw(t, "to"),
			Description: rapid.SampledFrom([]string{"", "people"}).Draw(t, "description"),
		}
		if rule.Protocol == "-1" {
			rule.From, rule.To = -1, -1
		}
		switch rapid.IntRange(0, 3).Draw(t, "peer") {
		case 0:
			rule.CIDR = "203.0.113.0/24"
		case 1:
			rule.CIDR = "2001:db8::/32"
		case 2:
			rule.Group = engine.ID[SecurityGroup]("sg-0123456789abcdef0")
		default:
			rule.PrefixList = "pl-63a5400a"
		}
		if got := rulesOf([]types.IpPermission{rule.permission()}); len(got) != 1 || got[0] != rule {
			t.Fatalf("wrote %+v, read %+v", rule, got)
		}
	})
}
