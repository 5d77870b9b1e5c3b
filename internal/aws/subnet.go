package aws

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// Subnet is a part of the VPC's range in one zone.
type Subnet struct {
	VPC  engine.Ref[VPC] `json:"vpc"`
	CIDR string          `json:"cidr"`
	Zone string          `json:"zone"`
	// PublicIP gives every instance a public address that does not say otherwise.
	PublicIP bool `json:"public-ip"`
}

// Kind implements engine.Spec.
func (Subnet) Kind() string { return "subnet" }

// Fixed implements engine.Fixer.
func (Subnet) Fixed() []string { return []string{"vpc", "cidr", "zone"} }

// Timing implements engine.Timed: AWS lets go of it when the last interface
// in it is gone, which load balancers leave behind for minutes.
func (Subnet) Timing() engine.Timing {
	return engine.Timing{Create: 3 * time.Second, Update: 3 * time.Second, Delete: 5 * time.Second, GiveUp: 20 * time.Minute}
}

// Identity implements engine.Identified: CreateSubnet takes no token, but a
// second subnet with the same range is refused.
func (Subnet) Identity() engine.Class { return engine.Named }

// Instead implements engine.Foundation.
func (Subnet) Instead() string {
	return "everything is placed in it: set network.cidr and network.zones as they were, or build a second environment and move over to it"
}

type subnets struct{ ec2Kind }

func (d subnets) Read(ctx context.Context, scope engine.Scope) ([]engine.Live[Subnet], error) {
	pages := ec2.NewDescribeSubnetsPaginator(d.EC2, &ec2.DescribeSubnetsInput{Filters: ours(scope)})
	var lives []engine.Live[Subnet]
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, s := range page.Subnets {
			live := engine.Live[Subnet]{ID: aws.ToString(s.SubnetId), Tags: fromEC2(s.Tags), Spec: Subnet{
				VPC: engine.ID[VPC](aws.ToString(s.VpcId)), CIDR: aws.ToString(s.CidrBlock),
				Zone: aws.ToString(s.AvailabilityZone), PublicIP: aws.ToBool(s.MapPublicIpOnLaunch),
			}}
			live.Address = live.Tags[engine.TagAddress]
			live.Status, live.Reason = subnetStatus(s)
			lives = append(lives, live)
		}
	}
	return lives, nil
}

func subnetStatus(s types.Subnet) (engine.Status, string) {
	switch s.State {
	case types.SubnetStateAvailable:
		return engine.Ready, ""
	case types.SubnetStateFailed, types.SubnetStateFailedInsufficientCapacity:
		return engine.Failed, "AWS could not make it: " + string(s.State)
	}
	return engine.Pending, string(s.State)
}

func (d subnets) Create(ctx context.Context, id engine.Identity, s Subnet) error {
	_, err := d.EC2.CreateSubnet(ctx, &ec2.CreateSubnetInput{
		VpcId: aws.String(s.VPC.ID()), CidrBlock: aws.String(s.CIDR), AvailabilityZone: aws.String(s.Zone),
		TagSpecifications: tagged(id, types.ResourceTypeSubnet),
	}, once)
	return err
}

func (d subnets) Update(ctx context.Context, is engine.Live[Subnet], want Subnet, changed engine.Fields) error {
	_, err := d.EC2.ModifySubnetAttribute(ctx, &ec2.ModifySubnetAttributeInput{
		SubnetId: aws.String(is.ID), MapPublicIpOnLaunch: &types.AttributeBooleanValue{Value: aws.Bool(want.PublicIP)},
	})
	return err
}

func (d subnets) Delete(ctx context.Context, is engine.Live[Subnet]) error {
	_, err := d.EC2.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: aws.String(is.ID)})
	return err
}
