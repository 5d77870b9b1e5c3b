package aws

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/engine/enginetest"
)

// netShape is what the steps of the network's test differ in.
type netShape struct {
	public    bool // subnet a gives out addresses
	inner     bool // subnet b has a table of its own
	open      bool // the outer table leads to the internet
	endpoints int  // tables that lead to S3
}

func (s netShape) declare(st *engine.Stack) {
	vpc := engine.Add(st, "main", VPC{CIDR: "10.0.0.0/16", DNSHostnames: true})
	gateway := engine.Add(st, "main", InternetGateway{VPC: vpc})
	a := engine.Add(st, "public-a", Subnet{VPC: vpc, CIDR: "10.0.0.0/20", Zone: "us-east-1a", PublicIP: s.public})
	b := engine.Add(st, "public-b", Subnet{VPC: vpc, CIDR: "10.0.16.0/20", Zone: "us-east-1b"})
	in, out := engine.Set[engine.Ref[Subnet]]{b}, engine.Set[engine.Ref[Subnet]]{a}
	if !s.inner {
		in, out = nil, engine.Set[engine.Ref[Subnet]]{a, b}
	}
	var routes engine.Set[Route]
	if s.open {
		routes = engine.Set[Route]{{To: "0.0.0.0/0", Gateway: gateway}}
	}
	tables := engine.Set[engine.Ref[RouteTable]]{
		engine.Add(st, "private", RouteTable{VPC: vpc, Subnets: in}),
		engine.Add(st, "public", RouteTable{VPC: vpc, Subnets: out, Routes: routes}),
	}
	engine.Add(st, "s3", VPCEndpoint{VPC: vpc, Service: "com.amazonaws.us-east-1.s3", RouteTables: tables[:s.endpoints]})
}

func TestNetwork(t *testing.T) {
	first := netShape{inner: true, open: true, endpoints: 2}
	var steps []enginetest.Step
	for _, change := range []func(*netShape){
		func(*netShape) {},
		func(s *netShape) { s.public = true },
		func(s *netShape) { s.inner = false },
		func(s *netShape) { s.open = false },
		func(s *netShape) { s.endpoints = 1 },
	} {
		s := first
		change(&s)
		steps = append(steps, s.declare)
	}
	conform(t, append(steps, first.declare)...)
}

// What someone did to the network by hand is seen, and set right.
func TestNetworkChangedByHand(t *testing.T) {
	a := newWorked(t, netShape{inner: true, open: true, endpoints: 2}.declare)
	ctx := t.Context()
	vpc, gateway := a.id("vpc/main"), a.id("internet-gateway/main")
	table, subnet := a.id("route-table/public"), a.id("subnet/public-a")
	a.must(a.EC2.DeleteRoute(ctx, &ec2.DeleteRouteInput{RouteTableId: &table, DestinationCidrBlock: aws.String("0.0.0.0/0")}))
	a.must(a.EC2.DetachInternetGateway(ctx, &ec2.DetachInternetGatewayInput{InternetGatewayId: &gateway, VpcId: &vpc}))
	a.must(a.EC2.ModifySubnetAttribute(ctx, &ec2.ModifySubnetAttributeInput{
		SubnetId: &subnet, MapPublicIpOnLaunch: &types.AttributeBooleanValue{Value: aws.Bool(true)},
	}))
	inner := a.id("route-table/private")
	out, err := a.EC2.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{RouteTableIds: []string{table}})
	a.must(out, err)
	for _, association := range out.RouteTables[0].Associations {
		a.must(a.EC2.ReplaceRouteTableAssociation(ctx, &ec2.ReplaceRouteTableAssociationInput{
			AssociationId: association.RouteTableAssociationId, RouteTableId: &inner,
		}))
	}
	want := map[string][]string{
		"internet-gateway/main": {"vpc"}, "subnet/public-a": {"public-ip"},
		"route-table/public": {"routes", "subnets"}, "route-table/private": {"subnets"},
	}
	if d := cmp.Diff(want, a.differences()); d != "" {
		t.Errorf("differences (-want +got):\n%s", d)
	}
	a.apply()
	if d := cmp.Diff(map[string][]string{}, a.differences()); d != "" {
		t.Errorf("still different (-want +got):\n%s", d)
	}
}

// Each kind is one listing, however many objects there are; the security
// groups' three kinds share two.
func TestNetworkReadsAreFew(t *testing.T) {
	a := newWorked(t, func(st *engine.Stack) {
		netShape{inner: true, open: true, endpoints: 2}.declare(st)
		engine.Add(st, "bastion", KeyPair{Name: "sample-test-bastion", PublicKey: keyOne})
	})
	a.record.Clear()
	a.differences()
	want := map[string]int{
		"DescribeInternetGateways": 1, "DescribeSubnets": 1, "DescribeRouteTables": 1, "DescribeVpcEndpoints": 1,
		"DescribeSecurityGroups": 1, "DescribeSecurityGroupRules": 1, "DescribeKeyPairs": 1,
	}
	got := map[string]int{}
	for _, call := range a.record.Record() {
		if _, mine := want[call.Name]; mine {
			got[call.Name]++
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("calls (-want +got):\n%s", d)
	}
}
