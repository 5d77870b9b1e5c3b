package aws

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// InternetGateway connects the VPC it is attached to with the internet.
type InternetGateway struct {
	VPC engine.Ref[VPC] `json:"vpc"`
}

// Kind implements engine.Spec.
func (InternetGateway) Kind() string { return "internet-gateway" }

// Timing implements engine.Timed: AWS does not detach it before the last
// public address in the VPC is gone, which load balancers keep for minutes.
func (InternetGateway) Timing() engine.Timing {
	return engine.Timing{Create: 3 * time.Second, Update: 3 * time.Second, Delete: 5 * time.Second, GiveUp: 20 * time.Minute}
}

// Identity implements engine.Identified: CreateInternetGateway takes tags and no token.
func (InternetGateway) Identity() engine.Class { return engine.Tagged }

// Effect implements engine.Affecting.
func (InternetGateway) Effect(engine.Fields) engine.Effect {
	return engine.Effect{Level: engine.Downtime, Text: "nothing in the public subnets is reached until it is attached"}
}

type internetGateways struct{ ec2Kind }

func (d internetGateways) Read(ctx context.Context, scope engine.Scope) ([]engine.Live[InternetGateway], error) {
	pages := ec2.NewDescribeInternetGatewaysPaginator(d.EC2, &ec2.DescribeInternetGatewaysInput{Filters: ours(scope)})
	var lives []engine.Live[InternetGateway]
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, g := range page.InternetGateways {
			live := engine.Live[InternetGateway]{ID: aws.ToString(g.InternetGatewayId), Tags: fromEC2(g.Tags)}
			live.Address = live.Tags[engine.TagAddress]
			for _, a := range g.Attachments {
				// EC2 says available here, which the SDK's own type does not list.
				if a.State != types.AttachmentStatusDetaching && a.State != types.AttachmentStatusDetached {
					live.Spec.VPC = engine.ID[VPC](aws.ToString(a.VpcId))
				}
			}
			lives = append(lives, live)
		}
	}
	return lives, nil
}

func (d internetGateways) Create(ctx context.Context, id engine.Identity, s InternetGateway) error {
	_, err := d.EC2.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{
		TagSpecifications: tagged(id, types.ResourceTypeInternetGateway),
	}, once)
	return err
}

func (d internetGateways) Update(ctx context.Context, is engine.Live[InternetGateway], want InternetGateway, changed engine.Fields) error {
	if err := d.detach(ctx, is); err != nil {
		return err
	}
	_, err := d.EC2.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{
		InternetGatewayId: aws.String(is.ID), VpcId: aws.String(want.VPC.ID()),
	})
	return exists(err) // which VPC it is attached to, the next read tells
}

// Delete detaches first; AWS refuses that while public addresses are in use.
func (d internetGateways) Delete(ctx context.Context, is engine.Live[InternetGateway]) error {
	if err := d.detach(ctx, is); err != nil {
		return err
	}
	_, err := d.EC2.DeleteInternetGateway(ctx, &ec2.DeleteInternetGatewayInput{InternetGatewayId: aws.String(is.ID)})
	return err
}

func (d internetGateways) detach(ctx context.Context, is engine.Live[InternetGateway]) error {
	if is.Spec.VPC.IsZero() {
		return nil
	}
	_, err := d.EC2.DetachInternetGateway(ctx, &ec2.DetachInternetGatewayInput{
		InternetGatewayId: aws.String(is.ID), VpcId: aws.String(is.Spec.VPC.ID()),
	})
	return unlessGone(err)
}
