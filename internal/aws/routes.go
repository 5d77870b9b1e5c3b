package aws

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// route sets what is wanted before it takes away what is not.
func (d routeTables) route(ctx context.Context, is engine.Live[RouteTable], want RouteTable) error {
	for _, r := range want.Routes {
		old, there := routeTo(is.Spec.Routes, r.To)
		if there && old == r {
			continue
		}
		if err := d.point(ctx, is.ID, r, there); err != nil {
			return err
		}
	}
	for _, r := range is.Spec.Routes {
		if _, kept := routeTo(want.Routes, r.To); kept {
			continue
		}
		v4, v6, list := destination(r.To)
		_, err := d.EC2.DeleteRoute(ctx, &ec2.DeleteRouteInput{
			RouteTableId: aws.String(is.ID), DestinationCidrBlock: v4, DestinationIpv6CidrBlock: v6, DestinationPrefixListId: list,
		})
		if unlessGone(err) != nil {
			return err
		}
	}
	return nil
}

// point sends a range to its target, which is another one than before when
// there is a route to the range already.
func (d routeTables) point(ctx context.Context, table string, r Route, there bool) error {
	v4, v6, list := destination(r.To)
	if there {
		_, err := d.EC2.ReplaceRoute(ctx, &ec2.ReplaceRouteInput{
			RouteTableId: aws.String(table), DestinationCidrBlock: v4, DestinationIpv6CidrBlock: v6, DestinationPrefixListId: list,
			GatewayId: aws.String(r.Gateway.ID()),
		})
		return err
	}
	_, err := d.EC2.CreateRoute(ctx, &ec2.CreateRouteInput{
		RouteTableId: aws.String(table), DestinationCidrBlock: v4, DestinationIpv6CidrBlock: v6, DestinationPrefixListId: list,
		GatewayId: aws.String(r.Gateway.ID()),
	})
	return exists(err)
}

func routeTo(all []Route, to string) (Route, bool) {
	i := slices.IndexFunc(all, func(r Route) bool { return r.To == to })
	if i < 0 {
		return Route{}, false
	}
	return all[i], true
}

// destination puts a range where AWS wants it: only one of the three is set.
func destination(to string) (v4, v6, list *string) {
	switch {
	case strings.HasPrefix(to, "pl-"):
		return nil, nil, aws.String(to)
	case isIPv6(to):
		return nil, aws.String(to), nil
	}
	return aws.String(to), nil, nil
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
		old, ok := liveRouteTable(t).Attrs[association+subnet].(string)
		if !ok {
			continue
		}
		if aws.ToString(t.RouteTableId) == table {
			return nil
		}
		_, err := d.EC2.ReplaceRouteTableAssociation(ctx, &ec2.ReplaceRouteTableAssociationInput{
			AssociationId: aws.String(old), RouteTableId: aws.String(table),
		})
		if Classify(err) != engine.NotFound {
			return err
		}
	}
	// In none, or just let go by the table it was in.
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
