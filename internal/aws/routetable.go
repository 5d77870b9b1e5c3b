package aws

import (
	"context"
	"strings"

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

type routeTables struct{ ec2Kind }

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
		if !isAWSs(r) {
			live.Spec.Routes = append(live.Spec.Routes, routeOf(r))
		}
	}
	for _, a := range t.Associations {
		id, state := aws.ToString(a.SubnetId), types.RouteTableAssociationState{}
		if a.AssociationState != nil {
			state = *a.AssociationState
		}
		switch state.State {
		case types.RouteTableAssociationStateCodeDisassociating, types.RouteTableAssociationStateCodeDisassociated:
			continue
		case types.RouteTableAssociationStateCodeFailed:
			live.Reason = aws.ToString(state.StatusMessage)
			continue
		case types.RouteTableAssociationStateCodeAssociating:
			live.Status, live.Reason = engine.Pending, "a subnet is being associated"
		}
		if id != "" { // the main table's own association has none
			live.Spec.Subnets = append(live.Spec.Subnets, engine.ID[Subnet](id))
			live.Attrs[association+id] = aws.ToString(a.RouteTableAssociationId)
		}
	}
	return live
}

// association begins the attributes that hold the id of a subnet's association.
const association = "association/"

// isAWSs reports whether AWS put the route there by itself: within the VPC, to
// a gateway endpoint, or announced by a VPN. These cannot be changed as routes.
func isAWSs(r types.Route) bool {
	gateway := aws.ToString(r.GatewayId)
	return gateway == "local" || r.Origin == types.RouteOriginEnableVgwRoutePropagation ||
		strings.HasPrefix(gateway, "vpce-") && aws.ToString(r.DestinationPrefixListId) != ""
}

func routeOf(r types.Route) Route {
	route := Route{To: aws.ToString(r.DestinationCidrBlock) + aws.ToString(r.DestinationIpv6CidrBlock) + aws.ToString(r.DestinationPrefixListId)}
	if gateway := aws.ToString(r.GatewayId); strings.HasPrefix(gateway, "igw-") {
		route.Gateway = engine.ID[InternetGateway](gateway)
		return route
	}
	route.Elsewhere = "nowhere"
	for _, target := range []*string{
		r.GatewayId, r.NatGatewayId, r.TransitGatewayId, r.VpcPeeringConnectionId, r.NetworkInterfaceId,
		r.EgressOnlyInternetGatewayId, r.LocalGatewayId, r.CarrierGatewayId, r.CoreNetworkArn,
	} {
		if aws.ToString(target) != "" {
			route.Elsewhere = *target
		}
	}
	return route
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
