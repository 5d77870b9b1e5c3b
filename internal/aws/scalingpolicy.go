package aws

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// ScalingPolicy keeps the requests a minute that each instance of a group gets
// near a target, by changing the group's desired capacity. The two alarms that
// AWS makes for it are AWS's own.
type ScalingPolicy struct {
	// Name is unique within its group.
	Name  string                       `json:"name"`
	Group engine.Ref[AutoScalingGroup] `json:"group"`
	// RequestsPerTarget is a number a minute.
	RequestsPerTarget int `json:"requests-per-target"`
	// Label says whose requests count; RequestCountLabel makes it.
	Label engine.Value[string] `json:"label"`
	// After is the listener: AWS refuses a target group that no listener of the
	// load balancer uses.
	After engine.After `json:"$after,omitempty"`
}

// RequestCountLabel is how AWS names the requests that a load balancer sends to
// a target group: app/NAME/ID/targetgroup/NAME/ID.
func RequestCountLabel(lb engine.Ref[LoadBalancer], group engine.Ref[TargetGroup]) engine.Value[string] {
	return engine.Format("%s/%s", engine.Attr[string](lb, "label"), engine.Attr[string](group, "label"))
}

// Kind implements engine.Spec.
func (ScalingPolicy) Kind() string { return "scaling-policy" }

// Fixed implements engine.Fixer.
func (ScalingPolicy) Fixed() []string { return []string{"name", "group"} }

// NoTags implements engine.Untagged.
func (ScalingPolicy) NoTags() {}

type scalingPolicies struct{ *Clients }

// Read asks by the policies' names alone: a name that is not there is no error,
// and a group that is not there would be one.
func (d scalingPolicies) Read(ctx context.Context, scope engine.Scope) ([]engine.Live[ScalingPolicy], error) {
	wanted := scope.Names("scaling-policy")
	if len(wanted) == 0 {
		return nil, nil
	}
	groups := names(scope, "auto-scaling-group")
	pages := autoscaling.NewDescribePoliciesPaginator(d.AutoScaling, &autoscaling.DescribePoliciesInput{PolicyNames: wanted})
	var lives []engine.Live[ScalingPolicy]
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, p := range page.ScalingPolicies {
			if slices.Contains(groups, aws.ToString(p.AutoScalingGroupName)) {
				lives = append(lives, engine.Live[ScalingPolicy]{ID: aws.ToString(p.PolicyARN), Spec: policyOf(p)})
			}
		}
	}
	return lives, nil
}

// policyOf leaves the target empty for a policy of another type.
func policyOf(p types.ScalingPolicy) ScalingPolicy {
	s := ScalingPolicy{
		Name:  aws.ToString(p.PolicyName),
		Group: engine.ID[AutoScalingGroup](aws.ToString(p.AutoScalingGroupName)),
	}
	t := p.TargetTrackingConfiguration
	if t == nil || t.PredefinedMetricSpecification == nil || t.PredefinedMetricSpecification.PredefinedMetricType != types.MetricTypeALBRequestCountPerTarget {
		return s
	}
	s.RequestsPerTarget = int(aws.ToFloat64(t.TargetValue))
	s.Label = engine.Known(aws.ToString(t.PredefinedMetricSpecification.ResourceLabel))
	return s
}

func (d scalingPolicies) put(ctx context.Context, s ScalingPolicy) error {
	_, err := d.AutoScaling.PutScalingPolicy(ctx, &autoscaling.PutScalingPolicyInput{
		AutoScalingGroupName: aws.String(s.Group.ID()), PolicyName: aws.String(s.Name),
		PolicyType: aws.String("TargetTrackingScaling"),
		TargetTrackingConfiguration: &types.TargetTrackingConfiguration{
			TargetValue: aws.Float64(float64(s.RequestsPerTarget)),
			PredefinedMetricSpecification: &types.PredefinedMetricSpecification{
				PredefinedMetricType: types.MetricTypeALBRequestCountPerTarget,
				ResourceLabel:        aws.String(s.Label.MustGet()),
			},
		},
	})
	return err
}

func (d scalingPolicies) Create(ctx context.Context, _ engine.Identity, s ScalingPolicy) error {
	return d.put(ctx, s)
}

func (d scalingPolicies) Update(ctx context.Context, _ engine.Live[ScalingPolicy], want ScalingPolicy, _ engine.Fields) error {
	return d.put(ctx, want)
}

func (d scalingPolicies) Delete(ctx context.Context, is engine.Live[ScalingPolicy]) error {
	_, err := d.AutoScaling.DeletePolicy(ctx, &autoscaling.DeletePolicyInput{
		AutoScalingGroupName: aws.String(is.Spec.Group.ID()), PolicyName: aws.String(is.Spec.Name),
	})
	if err == nil {
		return nil
	}
	// Auto Scaling has no code of its own for a policy, or its group, that is gone.
	left, readErr := d.AutoScaling.DescribePolicies(ctx, &autoscaling.DescribePoliciesInput{PolicyNames: []string{is.Spec.Name}})
	if readErr == nil && !slices.ContainsFunc(left.ScalingPolicies, func(p types.ScalingPolicy) bool { return aws.ToString(p.PolicyARN) == is.ID }) {
		return nil
	}
	return err
}
