package deploy

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	infra "github.com/keyedin-app/keyedin-infra/internal/aws"
)

// none is the mark's value when nothing was suspended.
const none = "none"

// disturbing are the processes that are suspended for a deployment: rebalancing
// takes healthy instances away, for no reason that could not wait. The group goes
// on to grow, to shrink and to replace what is ill; why, is in
// docs/decisions/0031-only-rebalancing-is-suspended.md.
func disturbing() []string { return []string{"AZRebalance"} }

func marked(value string) []string {
	if value == none || value == "" {
		return nil
	}
	return strings.Fields(value)
}

// Guard suspends what would disturb a deployment and is not suspended already.
// The mark comes first: at no moment is something suspended that nobody knows.
func (s *Site) Guard(ctx context.Context, f Fleet) error {
	mine := slices.DeleteFunc(disturbing(), func(name string) bool { return slices.Contains(f.Suspended, name) })
	value := none
	if len(mine) > 0 {
		value = strings.Join(mine, " ")
	}
	if err := s.mark(ctx, value); err != nil || len(mine) == 0 {
		return err
	}
	_, err := s.AutoScaling.SuspendProcesses(ctx, &autoscaling.SuspendProcessesInput{
		AutoScalingGroupName: aws.String(s.Group), ScalingProcesses: mine,
	})
	return err
}

// Unguard resumes what a deployment of keyedin has suspended, and takes the mark
// away, unless leave says that the deployment goes on without its client. It
// returns what was resumed. A group without a mark is left alone.
func (s *Site) Unguard(ctx context.Context, leave bool) ([]string, error) {
	g, err := s.group(ctx)
	if err != nil {
		return nil, err
	}
	f := fleetOf(g)
	if !f.Marked {
		return nil, nil
	}
	if len(f.Ours) > 0 {
		if _, err := s.AutoScaling.ResumeProcesses(ctx, &autoscaling.ResumeProcessesInput{
			AutoScalingGroupName: aws.String(s.Group), ScalingProcesses: f.Ours,
		}); err != nil {
			return nil, err
		}
	}
	if leave {
		return f.Ours, s.mark(ctx, none)
	}
	_, err = s.AutoScaling.DeleteTags(ctx, &autoscaling.DeleteTagsInput{Tags: []types.Tag{s.tag("")}})
	return f.Ours, err
}

func (s *Site) mark(ctx context.Context, value string) error {
	_, err := s.AutoScaling.CreateOrUpdateTags(ctx, &autoscaling.CreateOrUpdateTagsInput{Tags: []types.Tag{s.tag(value)}})
	return err
}

// tag is the mark; without a value it stands for whatever value there is.
func (s *Site) tag(value string) types.Tag {
	t := types.Tag{
		Key: aws.String(infra.DeployMark), ResourceId: aws.String(s.Group), ResourceType: aws.String("auto-scaling-group"),
		PropagateAtLaunch: aws.Bool(false),
	}
	if value != "" {
		t.Value = aws.String(value)
	}
	return t
}

// Recall brings instances back from Standby.
func (s *Site) Recall(ctx context.Context, ids []string) error {
	_, err := s.AutoScaling.ExitStandby(ctx, &autoscaling.ExitStandbyInput{AutoScalingGroupName: aws.String(s.Group), InstanceIds: ids})
	return err
}
