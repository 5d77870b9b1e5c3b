package aws

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// VPCEndpoint is a gateway endpoint: a way to S3 that does not leave AWS's
// network and costs nothing.
type VPCEndpoint struct {
	VPC engine.Ref[VPC] `json:"vpc"`
	// Service is the full name, such as com.amazonaws.us-east-1.s3.
	Service     string                             `json:"service"`
	RouteTables engine.Set[engine.Ref[RouteTable]] `json:"route-tables"`
}

// Kind implements engine.Spec.
func (VPCEndpoint) Kind() string { return "vpc-endpoint" }

// Fixed implements engine.Fixer.
func (VPCEndpoint) Fixed() []string { return []string{"vpc", "service"} }

// Identity implements engine.Identified.
func (VPCEndpoint) Identity() engine.Class { return engine.Tokened }

// Effect implements engine.Affecting.
func (VPCEndpoint) Effect(engine.Fields) engine.Effect {
	return engine.Effect{Level: engine.Degraded, Text: "open connections to the service are cut"}
}

// Timing implements engine.Timed.
func (VPCEndpoint) Timing() engine.Timing {
	return engine.Timing{Create: 10 * time.Second, Update: 10 * time.Second, Delete: 20 * time.Second, GiveUp: 10 * time.Minute}
}

type vpcEndpoints struct{ ec2Kind }

func (d vpcEndpoints) Read(ctx context.Context, scope engine.Scope) ([]engine.Live[VPCEndpoint], error) {
	pages := ec2.NewDescribeVpcEndpointsPaginator(d.EC2, &ec2.DescribeVpcEndpointsInput{Filters: ours(scope)})
	var lives []engine.Live[VPCEndpoint]
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, e := range page.VpcEndpoints {
			if live, there := liveVPCEndpoint(e); there {
				lives = append(lives, live)
			}
		}
	}
	return lives, nil
}

func liveVPCEndpoint(e types.VpcEndpoint) (live engine.Live[VPCEndpoint], there bool) {
	live = engine.Live[VPCEndpoint]{ID: aws.ToString(e.VpcEndpointId), Tags: fromEC2(e.Tags), Spec: VPCEndpoint{
		VPC: engine.ID[VPC](aws.ToString(e.VpcId)), Service: aws.ToString(e.ServiceName),
	}}
	live.Address = live.Tags[engine.TagAddress]
	live.Spec.RouteTables = refs[RouteTable](e.RouteTableIds)
	if e.LastError != nil {
		live.Reason = aws.ToString(e.LastError.Message)
	}
	// AWS writes the states now with a capital, now without.
	switch strings.ToLower(string(e.State)) {
	case "available":
	case "deleted":
		return live, false
	case "deleting":
		live.Status = engine.Deleting
	case "failed", "rejected", "expired":
		live.Status = engine.Failed
	default:
		live.Status = engine.Pending
	}
	return live, true
}

func (d vpcEndpoints) Create(ctx context.Context, id engine.Identity, s VPCEndpoint) error {
	_, err := d.EC2.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{
		VpcId: aws.String(s.VPC.ID()), ServiceName: aws.String(s.Service), VpcEndpointType: types.VpcEndpointTypeGateway,
		RouteTableIds: ids(s.RouteTables), ClientToken: aws.String(id.Token), TagSpecifications: tagged(id, types.ResourceTypeVpcEndpoint),
	})
	return err
}

func (d vpcEndpoints) Update(ctx context.Context, is engine.Live[VPCEndpoint], want VPCEndpoint, changed engine.Fields) error {
	has, wanted := ids(is.Spec.RouteTables), ids(want.RouteTables)
	in := &ec2.ModifyVpcEndpointInput{VpcEndpointId: aws.String(is.ID)}
	for _, id := range wanted {
		if !slices.Contains(has, id) {
			in.AddRouteTableIds = append(in.AddRouteTableIds, id)
		}
	}
	for _, id := range has {
		if !slices.Contains(wanted, id) {
			in.RemoveRouteTableIds = append(in.RemoveRouteTableIds, id)
		}
	}
	_, err := d.EC2.ModifyVpcEndpoint(ctx, in)
	return err
}

// Delete reports what AWS puts into the answer as the error that it is.
func (d vpcEndpoints) Delete(ctx context.Context, is engine.Live[VPCEndpoint]) error {
	out, err := d.EC2.DeleteVpcEndpoints(ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{is.ID}})
	if err != nil {
		return err
	}
	for _, u := range out.Unsuccessful {
		if u.Error != nil {
			return unlessGone(&smithy.GenericAPIError{Code: aws.ToString(u.Error.Code), Message: aws.ToString(u.Error.Message)})
		}
	}
	return nil
}
