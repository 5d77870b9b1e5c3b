package aws

import (
	"context"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"golang.org/x/sync/errgroup"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// TargetGroup is what a load balancer sends requests to. Its id is its ARN.
type TargetGroup struct {
	// Name is at most 32 letters, digits and hyphens, unique in the region.
	Name string          `json:"name"`
	VPC  engine.Ref[VPC] `json:"vpc"`
	Port int             `json:"port"`
	// Protocol is HTTP or HTTPS.
	Protocol string `json:"protocol"`
	// TargetType is instance, or ip for tasks with addresses of their own.
	TargetType string      `json:"target-type"`
	Health     HealthCheck `json:"health"`
	// Drain is how many seconds a target that leaves may finish its requests in.
	Drain int `json:"drain"`
}

// HealthCheck is how a load balancer finds out whether a target is well.
type HealthCheck struct {
	Path string `json:"path"`
	// Matcher are the HTTP codes of a healthy target: 200, 200,204 or 200-299.
	Matcher string `json:"matcher"`
	// Interval (5 to 300) and Timeout (2 to 120, and less than Interval) are in
	// seconds.
	Interval int `json:"interval"`
	Timeout  int `json:"timeout"`
	// Healthy and Unhealthy are how many checks in a row decide, 2 to 10.
	Healthy   int `json:"healthy"`
	Unhealthy int `json:"unhealthy"`
}

// TargetGroupLabel is what metrics call it: targetgroup/NAME/ID.
func TargetGroupLabel(r engine.Ref[TargetGroup]) engine.Value[string] {
	return engine.Attr[string](r, "label")
}

// TargetGroupName is its name, for CodeDeploy, which knows no ARNs.
func TargetGroupName(r engine.Ref[TargetGroup]) engine.Value[string] {
	return engine.Attr[string](r, "name")
}

// TargetGroupARN is its ARN.
func TargetGroupARN(r engine.Ref[TargetGroup]) engine.Value[string] {
	return engine.Attr[string](r, "id")
}

// Kind implements engine.Spec.
func (TargetGroup) Kind() string { return "target-group" }

// Fixed implements engine.Fixer.
func (TargetGroup) Fixed() []string {
	return []string{"name", "vpc", "port", "protocol", "target-type"}
}

// Effect implements engine.Affecting.
func (TargetGroup) Effect(changed engine.Fields) engine.Effect {
	if changed.Has("health") {
		return engine.Effect{Level: engine.Degraded, Text: "instances that do not pass the new health check get no more requests, and are replaced"}
	}
	return engine.Effect{}
}

// attrDrain is how long a target that leaves is waited for.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html
const attrDrain = "deregistration_delay.timeout_seconds"

// targetGroups drives TargetGroup. Ids are ARNs.
type targetGroups struct{ *Clients }

// Read asks for each name by itself, as one that is not there fails the call.
func (d targetGroups) Read(ctx context.Context, scope engine.Scope) ([]engine.Live[TargetGroup], error) {
	names := balancerNames(scope, TargetGroup{}.Kind())
	return fetch(ctx, names, func(ctx context.Context, name string) (*engine.Live[TargetGroup], error) {
		out, err := d.ELB.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{Names: []string{name}})
		if err != nil || len(out.TargetGroups) == 0 {
			return nil, err
		}
		return d.one(ctx, scope, out.TargetGroups[0])
	})
}

func (d targetGroups) one(ctx context.Context, scope engine.Scope, g types.TargetGroup) (*engine.Live[TargetGroup], error) {
	arn := aws.ToString(g.TargetGroupArn)
	live := &engine.Live[TargetGroup]{ID: arn, Spec: targetGroupOf(g), Attrs: map[string]any{
		"name": aws.ToString(g.TargetGroupName), "label": label(arn, ""),
	}}
	var tags map[string]map[string]string
	group, all := errgroup.WithContext(ctx)
	recorded := isRecorded(scope, live.Spec.Kind(), arn) // then it need not be asked whose it is
	if !recorded {
		group.Go(func() (err error) { tags, err = d.tagsELB(all, arn); return err })
	}
	group.Go(func() error {
		out, err := d.ELB.DescribeTargetGroupAttributes(all, &elb.DescribeTargetGroupAttributesInput{TargetGroupArn: g.TargetGroupArn})
		if err != nil {
			return err
		}
		for _, a := range out.Attributes {
			if aws.ToString(a.Key) == attrDrain {
				live.Spec.Drain, _ = strconv.Atoi(aws.ToString(a.Value)) // AWS writes a number
			}
		}
		return nil
	})
	if err := group.Wait(); err != nil || tags[arn] == nil && !recorded {
		return nil, err
	}
	if !recorded {
		belongs(scope, live, tags[arn])
	}
	return live, nil
}

func targetGroupOf(g types.TargetGroup) TargetGroup {
	s := TargetGroup{
		Name: aws.ToString(g.TargetGroupName), VPC: engine.ID[VPC](aws.ToString(g.VpcId)), Port: int(aws.ToInt32(g.Port)),
		Protocol: string(g.Protocol), TargetType: string(g.TargetType),
		Health: HealthCheck{
			Path: aws.ToString(g.HealthCheckPath), Interval: int(aws.ToInt32(g.HealthCheckIntervalSeconds)),
			Timeout: int(aws.ToInt32(g.HealthCheckTimeoutSeconds)),
			Healthy: int(aws.ToInt32(g.HealthyThresholdCount)), Unhealthy: int(aws.ToInt32(g.UnhealthyThresholdCount)),
		},
	}
	if g.Matcher != nil {
		s.Health.Matcher = aws.ToString(g.Matcher.HttpCode)
	}
	return s
}

func (d targetGroups) Create(ctx context.Context, id engine.Identity, s TargetGroup) error {
	_, err := d.ELB.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
		Name: aws.String(s.Name), VpcId: aws.String(s.VPC.ID()), Port: aws.Int32(int32(s.Port)),
		Protocol: types.ProtocolEnum(s.Protocol), TargetType: types.TargetTypeEnum(s.TargetType),
		HealthCheckPath: aws.String(s.Health.Path), Matcher: &types.Matcher{HttpCode: aws.String(s.Health.Matcher)},
		HealthCheckIntervalSeconds: aws.Int32(int32(s.Health.Interval)), HealthCheckTimeoutSeconds: aws.Int32(int32(s.Health.Timeout)),
		HealthyThresholdCount: aws.Int32(int32(s.Health.Healthy)), UnhealthyThresholdCount: aws.Int32(int32(s.Health.Unhealthy)),
		Tags: toELB(id.Tags),
	})
	return err
}

func (d targetGroups) Update(ctx context.Context, is engine.Live[TargetGroup], want TargetGroup, changed engine.Fields) error {
	if changed.Has("health") {
		if _, err := d.ELB.ModifyTargetGroup(ctx, &elb.ModifyTargetGroupInput{
			TargetGroupArn: aws.String(is.ID), HealthCheckPath: aws.String(want.Health.Path),
			Matcher:                    &types.Matcher{HttpCode: aws.String(want.Health.Matcher)},
			HealthCheckIntervalSeconds: aws.Int32(int32(want.Health.Interval)), HealthCheckTimeoutSeconds: aws.Int32(int32(want.Health.Timeout)),
			HealthyThresholdCount: aws.Int32(int32(want.Health.Healthy)), UnhealthyThresholdCount: aws.Int32(int32(want.Health.Unhealthy)),
		}); err != nil {
			return err
		}
	}
	if !changed.Has("drain") {
		return nil
	}
	_, err := d.ELB.ModifyTargetGroupAttributes(ctx, &elb.ModifyTargetGroupAttributesInput{
		TargetGroupArn: aws.String(is.ID),
		Attributes:     []types.TargetGroupAttribute{{Key: aws.String(attrDrain), Value: aws.String(strconv.Itoa(want.Drain))}},
	})
	return err
}

// Delete is refused while a listener names it, and for a moment after.
func (d targetGroups) Delete(ctx context.Context, is engine.Live[TargetGroup]) error {
	_, err := d.ELB.DeleteTargetGroup(ctx, &elb.DeleteTargetGroupInput{TargetGroupArn: aws.String(is.ID)})
	return err
}

// Tag implements engine.Tagger.
func (d targetGroups) Tag(ctx context.Context, id string, set map[string]string, unset []string) error {
	return d.tagELB(ctx, id, set, unset)
}
