package aws

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// RouteTable says where the traffic of its subnets goes. The routes inside the
// VPC and to gateway endpoints are AWS's own and not part of it.
type RouteTable struct {
	VPC     engine.Ref[VPC]                `json:"vpc"`
	Routes  engine.Set[Route]              `json:"routes"`
	Subnets engine.Set[engine.Ref[Subnet]] `json:"subnets"`
}

// Route sends a range somewhere.
type Route struct {
	To      string                      `json:"to"`
	Gateway engine.Ref[InternetGateway] `json:"gateway,omitzero"`
	// Elsewhere is a target that is not ours to set: a route that was added in AWS.
	Elsewhere string `json:"elsewhere,omitzero"`
}

// Kind implements engine.Spec.
func (RouteTable) Kind() string { return "route-table" }

// Fixed implements engine.Fixer.
func (RouteTable) Fixed() []string { return []string{"vpc"} }

// Identity implements engine.Identified.
func (RouteTable) Identity() engine.Class { return engine.Tokened }

// Effect implements engine.Affecting.
func (RouteTable) Effect(changed engine.Fields) engine.Effect {
	return engine.Effect{Level: engine.Degraded, Text: "open connections through a route that changes are cut"}
}

type routeTables struct{ *Clients }

func (d routeTables) Read(ctx context.Context, scope engine.Scope) ([]engine.Live[RouteTable], error) {
	pages := ec2.NewDescribeRouteTablesPaginator(d.EC2, &ec2.DescribeRouteTablesInput{Filters: ours(scope)})
	var lives []engine.Live[RouteTable]
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, t := range page.RouteTables {
			lives = append(lives, liveRouteTable(t))
		}
	}
	return lives, nil
}

func liveRouteTable(t types.RouteTable) engine.Live[RouteTable] {
	live := engine.Live[RouteTable]{ID: aws.ToString(t.RouteTableId), Tags: fromEC2(t.Tags), Attrs: map[string]any{}}
	live.Address = live.Tags[engine.TagAddress]
	live.Spec.VPC = engine.ID[VPC](aws.ToString(t.VpcId))
	for _, r := range t.Routes {
		if aws.ToString(r.GatewayId) == "local" || aws.ToString(r.DestinationPrefixListId) != "" {
			continue
		}
		live.Spec.Routes = append(live.Spec.Routes, routeOf(r))
	}
	for _, a := range t.Associations {
		ended := a.AssociationState != nil && (a.AssociationState.State == types.RouteTableAssociationStateCodeDisassociated ||
			a.AssociationState.State == types.RouteTableAssociationStateCodeDisassociating)
		if id := aws.ToString(a.SubnetId); id != "" && !ended {
			live.Spec.Subnets = append(live.Spec.Subnets, engine.ID[Subnet](id))
			live.Attrs[association+id] = aws.ToString(a.RouteTableAssociationId)
		}
	}
	return live
}

// association begins the attributes that hold the id of a subnet's association.
const association = "association/"

func routeOf(r types.Route) Route {
	to := aws.ToString(r.DestinationCidrBlock)
	if to == "" {
		to = aws.ToString(r.DestinationIpv6CidrBlock)
	}
	gateway := aws.ToString(r.GatewayId)
	if len(gateway) > 4 && gateway[:4] == "igw-" {
		return Route{To: to, Gateway: engine.ID[InternetGateway](gateway)}
	}
	for _, target := range []*string{
		r.GatewayId, r.NatGatewayId, r.TransitGatewayId, r.VpcPeeringConnectionId, r.NetworkInterfaceId,
		r.EgressOnlyInternetGatewayId, r.LocalGatewayId, r.CarrierGatewayId, r.CoreNetworkArn,
	} {
		if aws.ToString(target) != "" {
			return Route{To: to, Elsewhere: *target}
		}
	}
	return Route{To: to, Elsewhere: "nowhere"}
}

func (d routeTables) Create(ctx context.Context, id engine.Identity, s RouteTable) error {
	_, err := d.EC2.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{
		VpcId: aws.String(s.VPC.ID()), ClientToken: aws.String(id.Token), TagSpecifications: tagged(id, types.ResourceTypeRouteTable),
	})
	return err
}

func (d routeTables) Update(ctx context.Context, is engine.Live[RouteTable], want RouteTable, changed engine.Fields) error {
	if changed.Has("routes") {
		if err := d.route(ctx, is, want); err != nil {
			return err
		}
	}
	if changed.Has("subnets") {
		return d.associate(ctx, is, want)
	}
	return nil
}

// route sets what is wanted before it takes away what is not.
func (d routeTables) route(ctx context.Context, is engine.Live[RouteTable], want RouteTable) error {
	has := func(all engine.Set[Route], to string) (Route, bool) {
		i := slices.IndexFunc(all, func(r Route) bool { return r.To == to })
		if i < 0 {
			return Route{}, false
		}
		return all[i], true
	}
	for _, r := range want.Routes {
		old, there := has(is.Spec.Routes, r.To)
		switch {
		case there && old.Gateway.ID() == r.Gateway.ID() && old.Elsewhere == "":
			continue
		case there:
			if _, err := d.EC2.ReplaceRoute(ctx, &ec2.ReplaceRouteInput{
				RouteTableId: aws.String(is.ID), DestinationCidrBlock: aws.String(r.To), GatewayId: aws.String(r.Gateway.ID()),
			}); err != nil {
				return err
			}
		default:
			if _, err := d.EC2.CreateRoute(ctx, &ec2.CreateRouteInput{
				RouteTableId: aws.String(is.ID), DestinationCidrBlock: aws.String(r.To), GatewayId: aws.String(r.Gateway.ID()),
			}); exists(err) != nil {
				return err
			}
		}
	}
	for _, r := range is.Spec.Routes {
		if _, kept := has(want.Routes, r.To); kept {
			continue
		}
		if err := d.unroute(ctx, is.ID, r.To); err != nil {
			return err
		}
	}
	return nil
}

func (d routeTables) unroute(ctx context.Context, table, to string) error {
	in := &ec2.DeleteRouteInput{RouteTableId: aws.String(table), DestinationCidrBlock: aws.String(to)}
	if isIPv6(to) {
		in.DestinationCidrBlock, in.DestinationIpv6CidrBlock = nil, aws.String(to)
	}
	_, err := d.EC2.DeleteRoute(ctx, in)
	return unlessGone(err)
}

// associate moves subnets over from the table they are in, without a moment in
// which they are in none.
func (d routeTables) associate(ctx context.Context, is engine.Live[RouteTable], want RouteTable) error {
	for _, s := range want.Subnets {
		if slices.ContainsFunc(is.Spec.Subnets, func(o engine.Ref[Subnet]) bool { return o.ID() == s.ID() }) {
			continue
		}
		if err := d.take(ctx, is.ID, s.ID()); err != nil {
			return err
		}
	}
	for _, s := range is.Spec.Subnets {
		if slices.ContainsFunc(want.Subnets, func(o engine.Ref[Subnet]) bool { return o.ID() == s.ID() }) {
			continue
		}
		if err := d.disassociate(ctx, is, s.ID()); err != nil {
			return err
		}
	}
	return nil
}

func (d routeTables) take(ctx context.Context, table, subnet string) error {
	out, err := d.EC2.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: []types.Filter{
		{Name: aws.String("association.subnet-id"), Values: []string{subnet}},
	}})
	if err != nil {
		return err
	}
	for _, t := range out.RouteTables {
		if old, ok := liveRouteTable(t).Attrs[association+subnet].(string); ok {
			_, err := d.EC2.ReplaceRouteTableAssociation(ctx, &ec2.ReplaceRouteTableAssociationInput{
				AssociationId: aws.String(old), RouteTableId: aws.String(table),
			})
			return err
		}
	}
	_, err = d.EC2.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{
		RouteTableId: aws.String(table), SubnetId: aws.String(subnet),
	})
	return err
}

func (d routeTables) disassociate(ctx context.Context, is engine.Live[RouteTable], subnet string) error {
	id, _ := is.Attrs[association+subnet].(string)
	_, err := d.EC2.DisassociateRouteTable(ctx, &ec2.DisassociateRouteTableInput{AssociationId: aws.String(id)})
	return unlessGone(err)
}

// Delete lets go of the subnets first, which AWS asks for.
func (d routeTables) Delete(ctx context.Context, is engine.Live[RouteTable]) error {
	for _, s := range is.Spec.Subnets {
		if err := d.disassociate(ctx, is, s.ID()); err != nil {
			return err
		}
	}
	_, err := d.EC2.DeleteRouteTable(ctx, &ec2.DeleteRouteTableInput{RouteTableId: aws.String(is.ID)})
	return err
}

func (d routeTables) Tag(ctx context.Context, id string, set map[string]string, unset []string) error {
	return d.tagEC2(ctx, id, set, unset)
}
