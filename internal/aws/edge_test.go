package aws

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/google/go-cmp/cmp"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/sandbox/bench"
)

// network makes what a load balancer needs, behind the engine's back.
func (a lived) network() (vpc string, subnets []string) {
	a.t.Helper()
	ctx := context.Background()
	made, err := a.EC2.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	a.must(nil, err)
	for i, zone := range []string{"us-east-1a", "us-east-1b"} {
		subnet, err := a.EC2.CreateSubnet(ctx, &ec2.CreateSubnetInput{
			VpcId: made.Vpc.VpcId, CidrBlock: aws.String(fmt.Sprintf("10.0.%d.0/24", i)), AvailabilityZone: aws.String(zone),
		})
		a.must(nil, err)
		subnets = append(subnets, *subnet.Subnet.SubnetId)
	}
	gateway, err := a.EC2.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{})
	a.must(nil, err)
	a.must(a.EC2.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{
		InternetGatewayId: gateway.InternetGateway.InternetGatewayId, VpcId: made.Vpc.VpcId,
	}))
	return *made.Vpc.VpcId, subnets
}

func edgeIdentity(address string) engine.Identity {
	return engine.Identity{
		Project: "sample", Environment: "test", Address: address, Token: strings.Repeat("a", 32),
		Tags: engine.Identify("sample", "test", address),
	}
}

func TestLoadBalancersOfStrangers(t *testing.T) {
	a := newLived(t)
	ctx := context.Background()
	vpc, subnets := a.network()
	a.must(a.ELB.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{Name: aws.String("sample-test"), Subnets: subnets}))
	a.must(a.ELB.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
		Name: aws.String("sample-test"), VpcId: aws.String(vpc), Port: aws.Int32(80), Protocol: types.ProtocolEnumHttp,
	}))
	a.wantProblems(a.plan(func(st *engine.Stack) {
		engine.Add(st, "main", LoadBalancer{Name: "sample-test"})
		engine.Add(st, "main", TargetGroup{Name: "sample-test", VPC: engine.ID[VPC](vpc)})
	}), "load-balancer/main", "target-group/main")
}

// A deployment shifts the weights; nothing that is done to the listener later
// shifts them back.
func TestListenerLeavesWeightsAlone(t *testing.T) {
	a := newLived(t)
	ctx := context.Background()
	vpc, subnets := a.network()
	a.must(nil, loadBalancers{a.Clients}.Create(ctx, edgeIdentity("load-balancer/main"), LoadBalancer{Name: "lb", Subnets: refs[Subnet](subnets)}))
	scope := engine.NewScope("sample", "test", []engine.Expected{{Kind: "load-balancer", Document: engine.Document{"name": "lb"}}})
	balancers, err := loadBalancers{a.Clients}.Read(ctx, scope)
	a.must(nil, err)
	var groups []string
	for _, name := range []string{"blue", "green"} {
		a.must(nil, targetGroups{a.Clients}.Create(ctx, edgeIdentity("target-group/"+name), aTargetGroup(name, engine.ID[VPC](vpc))))
		out, err := a.ELB.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{Names: []string{name}})
		a.must(nil, err)
		groups = append(groups, *out.TargetGroups[0].TargetGroupArn)
	}
	s := Listener{LoadBalancer: engine.ID[LoadBalancer](balancers[0].ID), Port: 80, Protocol: "HTTP", Groups: refs[TargetGroup](groups)}
	a.must(nil, listeners{a.Clients}.Create(ctx, edgeIdentity("listener/http"), s))
	read := func() engine.Live[Listener] {
		t.Helper()
		lives, err := listeners{a.Clients}.Read(ctx, engine.NewScope(scope.Project, scope.Environment, scope.Known))
		if err != nil || len(lives) != 1 || lives[0].Address != "listener/http" {
			t.Fatalf("%+v, %v", lives, err)
		}
		return lives[0]
	}
	shifted := s
	shifted.Weights = map[string]int{"blue": 10, "green": 90}
	a.must(a.ELB.ModifyListener(ctx, &elb.ModifyListenerInput{ListenerArn: aws.String(read().ID), DefaultActions: shifted.actions(nil)}))
	for _, changed := range []engine.Fields{{"port"}, {"groups"}} {
		s.Port++
		a.must(nil, listeners{a.Clients}.Update(ctx, read(), s, changed))
		if d := cmp.Diff(shifted.Weights, read().Spec.Weights); d != "" {
			t.Errorf("after a change of %s:\n%s", changed, d)
		}
	}
}

// What records a certificate is proven by, only the certificate tells once the
// state is lost; and a zone is not kept for their sake.
func TestValidationRecordsWithoutState(t *testing.T) {
	a := newLived(t)
	ctx := context.Background()
	a.Delegation = func(context.Context, string) ([]string, bool) { return []string{"ns.example.net"}, true }
	a.must(nil, hostedZones{a.Clients}.Create(ctx, edgeIdentity("hosted-zone/main"), HostedZone{Name: "example.com"}))
	names := engine.Set[string]{"example.com", "www.example.com"}
	a.must(nil, certificates{a.Clients}.Create(ctx, edgeIdentity("certificate/main"), Certificate{Domain: "example.com", Names: names}))
	known := []engine.Expected{
		{Kind: "hosted-zone", Address: "hosted-zone/main", Document: engine.Document{"name": "example.com"}},
		{Kind: "certificate", Address: "certificate/main", Document: engine.Document{"domain": "example.com"}},
		{Kind: "record", Address: "record/proof", Document: engine.Document{
			"zone": map[string]any{"$ref": "hosted-zone/main#id"}, "type": "CNAME",
			"name": map[string]any{"$ref": "certificate/main#record-name/www.example.com"},
		}},
	}
	scope := func() engine.Scope { return engine.NewScope("sample", "test", known) }
	found, err := a.certificates(ctx, scope())
	a.must(nil, err)
	zones, err := a.dnsZones(ctx, scope())
	a.must(nil, err)
	name, value := found[0].Attrs["record-name/www.example.com"].(string), found[0].Attrs["record-value/www.example.com"].(string)
	proof := Record{
		Zone: engine.ID[HostedZone](zones[0].id), Name: engine.Known(name), Type: "CNAME", TTL: 300, Values: valuesOf(value),
	}
	a.must(nil, newRecords(a.Clients).Create(ctx, engine.Identity{}, proof))
	lives, err := newRecords(a.Clients).Read(ctx, scope())
	if err != nil || len(lives) != 1 || lives[0].Address != "record/proof" || text(t, lives[0].Spec) != text(t, proof) {
		t.Errorf("records %+v, %v", lives, err)
	}
	holders, err := hostedZones{a.Clients}.Read(ctx, scope())
	if err != nil || len(holders) != 1 || holders[0].Keep != "" {
		t.Errorf("zones %+v, %v", holders, err)
	}
	missing, err := certificates{a.Clients}.missingDelegation(ctx, scope(), "www.example.com")
	if servers := holders[0].Attrs["name-servers"].([]string); err != nil || !strings.Contains(missing, strings.Join(servers, ", ")) {
		t.Errorf("what is to be done: %q, %v", missing, err)
	}
}

// A look that finds everything as it should be takes few calls, whatever else
// is in the account.
func TestEdgeReadsAreFew(t *testing.T) {
	t.Parallel()
	b := bench.Start(t)
	a := lived{NewClients(b.Config()), t}
	ctx := context.Background()
	vpc, subnets := a.network()
	for i := range 12 {
		name := fmt.Sprintf("other-%d", i)
		a.must(a.ELB.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{Name: aws.String(name), Subnets: subnets}))
		a.must(a.ELB.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
			Name: aws.String(name), VpcId: aws.String(vpc), Port: aws.Int32(80), Protocol: types.ProtocolEnumHttp,
		}))
		a.must(a.Route53.CreateHostedZone(ctx, &route53.CreateHostedZoneInput{
			Name: aws.String(name + ".example.com"), CallerReference: aws.String(name),
		}))
		a.must(nil, certificates{a.Clients}.Create(ctx, engine.Identity{
			Token: fmt.Sprintf("%032d", i), Tags: map[string]string{"team": "other"},
		}, Certificate{Domain: name + ".example.com"}))
	}
	a.must(nil, hostedZones{a.Clients}.Create(ctx, edgeIdentity("hosted-zone/main"), HostedZone{Name: "example.com"}))
	a.must(nil, certificates{a.Clients}.Create(ctx, edgeIdentity("certificate/main"), Certificate{Domain: "example.com"}))
	a.must(nil, loadBalancers{a.Clients}.Create(ctx, edgeIdentity("load-balancer/main"), LoadBalancer{Name: "main", Subnets: refs[Subnet](subnets)}))
	a.must(nil, targetGroups{a.Clients}.Create(ctx, edgeIdentity("target-group/main"), aTargetGroup("main", engine.ID[VPC](vpc))))
	a.Delegation = nil
	before := len(b.Record())
	a.plan(func(st *engine.Stack) {
		zone := engine.Add(st, "main", HostedZone{Name: "example.com"})
		engine.Add(st, "www", Record{Zone: zone, Name: engine.Known("www.example.com"), Type: "A"})
		engine.Add(st, "main", Certificate{Domain: "example.com"})
		lb := engine.Add(st, "main", LoadBalancer{Name: "main"})
		engine.Add(st, "main", TargetGroup{Name: "main"})
		engine.Add(st, "http", Listener{LoadBalancer: lb, Port: 80})
	})
	var calls []string
	for _, call := range b.Record()[before:] {
		if call.Service == "elasticloadbalancing" || call.Service == "route53" || call.Service == "acm" {
			calls = append(calls, call.Operation.Name)
		}
	}
	slices.Sort(calls)
	want := []string{
		"DescribeCertificate", "DescribeListeners", "DescribeLoadBalancerAttributes", "DescribeLoadBalancers", "DescribeTags", "DescribeTags",
		"DescribeTargetGroupAttributes", "DescribeTargetGroups", "ListCertificates", "ListHostedZonesByName", "ListResourceRecordSets",
		"ListTagsForCertificate", "ListTagsForResources",
	}
	if d := cmp.Diff(want, calls); d != "" {
		t.Error(d)
	}
}
