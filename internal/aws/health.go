package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"golang.org/x/sync/errgroup"
)

// Health is how the application answers right now, as AWS sees it.
type Health struct {
	// Targets counts the load balancer's targets by state: healthy, unhealthy,
	// initial, draining, unused, unavailable.
	Targets map[string]int `json:"targets,omitempty"`
	// Unhealthy are AWS's reasons for targets that are not healthy, by instance.
	Unhealthy map[string]string `json:"unhealthy,omitempty"`
	// Alarms are the alarms that fire, by name, with AWS's reason.
	Alarms map[string]string `json:"alarms,omitempty"`
}

// Health asks for the health of a target group's targets and for the alarms
// that fire among those given. An empty ARN, or no name, asks for nothing.
func (c *Clients) Health(ctx context.Context, targetGroup string, alarms []string) (Health, error) {
	h := Health{Targets: map[string]int{}, Unhealthy: map[string]string{}, Alarms: map[string]string{}}
	g, ctx := errgroup.WithContext(ctx)
	if targetGroup != "" {
		g.Go(func() error { return c.targets(ctx, targetGroup, &h) })
	}
	if len(alarms) > 0 {
		g.Go(func() error { return c.firing(ctx, alarms, &h) })
	}
	return h, g.Wait()
}

func (c *Clients) targets(ctx context.Context, group string, h *Health) error {
	out, err := c.ELB.DescribeTargetHealth(ctx, &elasticloadbalancingv2.DescribeTargetHealthInput{TargetGroupArn: aws.String(group)})
	if err != nil {
		return err
	}
	for _, t := range out.TargetHealthDescriptions {
		h.Targets[string(t.TargetHealth.State)]++
		if t.TargetHealth.State != "healthy" {
			h.Unhealthy[aws.ToString(t.Target.Id)] = aws.ToString(t.TargetHealth.Description)
		}
	}
	return nil
}

func (c *Clients) firing(ctx context.Context, names []string, h *Health) error {
	pages := cloudwatch.NewDescribeAlarmsPaginator(c.CloudWatch, &cloudwatch.DescribeAlarmsInput{
		AlarmNames: names, StateValue: types.StateValueAlarm,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, a := range page.MetricAlarms {
			h.Alarms[aws.ToString(a.AlarmName)] = aws.ToString(a.StateReason)
		}
	}
	return nil
}
