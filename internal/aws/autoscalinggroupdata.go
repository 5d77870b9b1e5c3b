package aws

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// policy is the group's mix of instances. Even one type, all on demand, is said
// in this way, as going over to it later would replace instances.
func (s AutoScalingGroup) policy() *types.MixedInstancesPolicy {
	p := &types.MixedInstancesPolicy{
		LaunchTemplate: &types.LaunchTemplate{LaunchTemplateSpecification: &types.LaunchTemplateSpecification{
			LaunchTemplateId: aws.String(s.Template.ID()), Version: aws.String(s.Version.MustGet()),
		}},
		InstancesDistribution: &types.InstancesDistribution{
			OnDemandAllocationStrategy: aws.String("prioritized"), OnDemandBaseCapacity: aws.Int32(int32(s.OnDemandBase)),
			OnDemandPercentageAboveBaseCapacity: aws.Int32(int32(s.OnDemandPercent)), SpotAllocationStrategy: aws.String(s.SpotStrategy),
		},
	}
	for _, t := range s.Types {
		p.LaunchTemplate.Overrides = append(p.LaunchTemplate.Overrides, types.LaunchTemplateOverrides{InstanceType: aws.String(t)})
	}
	return p
}

func (s AutoScalingGroup) zones() *string { return aws.String(strings.Join(ids(s.Subnets), ",")) }

// groupOf is a group as AWS reports it. One that was changed to a template
// without a mix has no types.
func groupOf(g types.AutoScalingGroup) AutoScalingGroup {
	s := AutoScalingGroup{
		Name: aws.ToString(g.AutoScalingGroupName), TargetGroups: refs[TargetGroup](g.TargetGroupARNs),
		Min: int(aws.ToInt32(g.MinSize)), Max: int(aws.ToInt32(g.MaxSize)), Desired: int(aws.ToInt32(g.DesiredCapacity)),
		CapacityRebalance: aws.ToBool(g.CapacityRebalance), HealthCheck: aws.ToString(g.HealthCheckType),
		GracePeriod: int(aws.ToInt32(g.HealthCheckGracePeriod)), Warmup: int(aws.ToInt32(g.DefaultInstanceWarmup)),
	}
	if zones := aws.ToString(g.VPCZoneIdentifier); zones != "" {
		s.Subnets = refs[Subnet](strings.Split(zones, ","))
	}
	template := g.LaunchTemplate
	if p := g.MixedInstancesPolicy; p != nil && p.LaunchTemplate != nil {
		template = p.LaunchTemplate.LaunchTemplateSpecification
		for _, o := range p.LaunchTemplate.Overrides {
			s.Types = append(s.Types, aws.ToString(o.InstanceType))
		}
		if i := p.InstancesDistribution; i != nil {
			s.OnDemandBase, s.OnDemandPercent = int(aws.ToInt32(i.OnDemandBaseCapacity)), int(aws.ToInt32(i.OnDemandPercentageAboveBaseCapacity))
			s.SpotStrategy = aws.ToString(i.SpotAllocationStrategy)
		}
	}
	if template != nil {
		s.Template = engine.ID[LaunchTemplate](aws.ToString(template.LaunchTemplateId))
		s.Version = engine.Known(aws.ToString(template.Version))
	}
	return s
}

// groupTags are tags of the group alone: what its instances carry is said by
// the launch template, so that it is there from the first moment.
func groupTags(name string, tags map[string]string) []types.Tag {
	return tagList(tags, func(k, v *string) types.Tag {
		return types.Tag{
			Key: k, Value: v, PropagateAtLaunch: aws.Bool(false),
			ResourceId: aws.String(name), ResourceType: aws.String("auto-scaling-group"),
		}
	})
}
