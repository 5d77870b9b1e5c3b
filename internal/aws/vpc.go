package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// VPC is the environment's own network.
type VPC struct {
	CIDR string `json:"cidr"`
	// DNSHostnames gives instances public DNS names; AWS creates a VPC without.
	DNSHostnames bool `json:"dns-hostnames"`
}

// Kind implements engine.Spec.
func (VPC) Kind() string { return "vpc" }

// Fixed implements engine.Fixer.
func (VPC) Fixed() []string { return []string{"cidr"} }

// Identity implements engine.Identified: CreateVpc takes tags and no token.
func (VPC) Identity() engine.Class { return engine.Tagged }

// Instead implements engine.Foundation.
func (VPC) Instead() string {
	return "the network's range is for good: build a second environment with the new range and move over to it"
}

type vpcs struct{ ec2Kind }

func (d vpcs) Read(ctx context.Context, scope engine.Scope) ([]engine.Live[VPC], error) {
	out, err := d.EC2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: ours(scope)})
	if err != nil {
		return nil, err
	}
	var lives []engine.Live[VPC]
	for _, v := range out.Vpcs {
		names, err := d.EC2.DescribeVpcAttribute(ctx, &ec2.DescribeVpcAttributeInput{
			VpcId: v.VpcId, Attribute: types.VpcAttributeNameEnableDnsHostnames,
		})
		switch {
		case Classify(err) == engine.NotFound:
			continue // EC2 lists it here and does not know it there, as it may when it has just been made
		case err != nil:
			return nil, err
		}
		live := engine.Live[VPC]{
			ID: *v.VpcId, Tags: fromEC2(v.Tags),
			Spec: VPC{CIDR: aws.ToString(v.CidrBlock), DNSHostnames: aws.ToBool(names.EnableDnsHostnames.Value)},
		}
		if v.State == types.VpcStatePending {
			live.Status = engine.Pending
		}
		live.Address = live.Tags[engine.TagAddress]
		lives = append(lives, live)
	}
	return lives, nil
}

func (d vpcs) Create(ctx context.Context, id engine.Identity, s VPC) error {
	_, err := d.EC2.CreateVpc(ctx, &ec2.CreateVpcInput{
		CidrBlock: aws.String(s.CIDR), TagSpecifications: tagged(id, types.ResourceTypeVpc),
	}, once)
	return err
}

func (d vpcs) Update(ctx context.Context, is engine.Live[VPC], want VPC, changed engine.Fields) error {
	_, err := d.EC2.ModifyVpcAttribute(ctx, &ec2.ModifyVpcAttributeInput{
		VpcId: aws.String(is.ID), EnableDnsHostnames: &types.AttributeBooleanValue{Value: aws.Bool(want.DNSHostnames)},
	})
	return err
}

func (d vpcs) Delete(ctx context.Context, is engine.Live[VPC]) error {
	_, err := d.EC2.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: aws.String(is.ID)})
	return err
}
