package deploy

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	infra "github.com/keyedin-app/keyedin-infra/internal/aws"
)

// Fleet is the Auto Scaling group as far as a deployment minds.
type Fleet struct {
	Instances []Instance
	// Hooks are the names of its lifecycle hooks.
	Hooks []string
	// Suspended are the processes that are, Marked is whether a deployment of
	// keyedin has left its mark, Ours are those that it suspended.
	Suspended []string
	Marked    bool
	Ours      []string
	// Refreshing is whether its instances are being replaced.
	Refreshing bool
}

// Instance is one of the group's.
type Instance struct {
	ID string `json:"id"`
	// State is AWS's word: InService, Pending:Wait, Standby …
	State string `json:"state"`
	// Target is how the load balancer finds it: healthy, unhealthy, initial,
	// draining, unused; "" where it is not registered. Why is AWS's reason.
	Target string `json:"target,omitempty"`
	Why    string `json:"-"`
	// Online is whether Systems Manager reaches it.
	Online bool `json:"online"`
}

const (
	inService = string(types.LifecycleStateInService)
	standby   = string(types.LifecycleStateStandby)
)

// InService are the ids of the instances that serve, or should.
func (f Fleet) InService() []string { return f.in(inService) }

// Standby are the ids of those that were taken out of service.
func (f Fleet) Standby() []string { return f.in(standby) }

// Coming are the ids of those that are being launched.
func (f Fleet) Coming() []string {
	return f.in(string(types.LifecycleStatePending), string(types.LifecycleStatePendingWait), string(types.LifecycleStatePendingProceed))
}

func (f Fleet) in(states ...string) []string {
	ids := []string{}
	for _, i := range f.Instances {
		if slices.Contains(states, i.State) {
			ids = append(ids, i.ID)
		}
	}
	return ids
}

// Fleet reads the group, with how the load balancer and Systems Manager see its
// instances. Its error may be a NoGroup.
func (s *Site) Fleet(ctx context.Context) (Fleet, error) {
	g, err := s.group(ctx)
	if err != nil {
		return Fleet{}, err
	}
	f := fleetOf(g)
	hooks, err := s.AutoScaling.DescribeLifecycleHooks(ctx, &autoscaling.DescribeLifecycleHooksInput{AutoScalingGroupName: aws.String(s.Group)})
	if err != nil {
		return f, err
	}
	for _, h := range hooks.LifecycleHooks {
		f.Hooks = append(f.Hooks, aws.ToString(h.LifecycleHookName))
	}
	if f.Refreshing, err = s.refreshing(ctx); err != nil {
		return f, err
	}
	if err := s.seeTargets(ctx, &f, g.TargetGroupARNs); err != nil {
		return f, err
	}
	return f, s.seeOnline(ctx, &f)
}

// NoGroup reports an Auto Scaling group that is not there.
type NoGroup struct{ Group string }

func (e *NoGroup) Error() string {
	return "there is no Auto Scaling group " + e.Group + "; `keyedin apply` makes it"
}

func (s *Site) group(ctx context.Context) (types.AutoScalingGroup, error) {
	out, err := s.AutoScaling.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{s.Group}})
	if err != nil {
		return types.AutoScalingGroup{}, err
	}
	if len(out.AutoScalingGroups) == 0 {
		return types.AutoScalingGroup{}, &NoGroup{s.Group}
	}
	return out.AutoScalingGroups[0], nil
}

func fleetOf(g types.AutoScalingGroup) Fleet {
	f := Fleet{}
	for _, i := range g.Instances {
		f.Instances = append(f.Instances, Instance{ID: aws.ToString(i.InstanceId), State: string(i.LifecycleState)})
	}
	slices.SortFunc(f.Instances, func(a, b Instance) int { return strings.Compare(a.ID, b.ID) })
	for _, p := range g.SuspendedProcesses {
		f.Suspended = append(f.Suspended, aws.ToString(p.ProcessName))
	}
	for _, t := range g.Tags {
		if aws.ToString(t.Key) == infra.DeployMark {
			f.Marked, f.Ours = true, marked(aws.ToString(t.Value))
		}
	}
	return f
}

func (s *Site) refreshing(ctx context.Context) (bool, error) {
	out, err := s.AutoScaling.DescribeInstanceRefreshes(ctx, &autoscaling.DescribeInstanceRefreshesInput{
		AutoScalingGroupName: aws.String(s.Group), MaxRecords: aws.Int32(1),
	})
	if err != nil || len(out.InstanceRefreshes) == 0 {
		return false, err
	}
	return slices.Contains([]types.InstanceRefreshStatus{
		types.InstanceRefreshStatusPending, types.InstanceRefreshStatusInProgress, types.InstanceRefreshStatusBaking,
		types.InstanceRefreshStatusCancelling, types.InstanceRefreshStatusRollbackInProgress,
	}, out.InstanceRefreshes[0].Status), nil // the newest comes first
}

// seeTargets fills in how the load balancer finds the instances.
func (s *Site) seeTargets(ctx context.Context, f *Fleet, groups []string) error {
	for _, arn := range groups {
		out, err := s.ELB.DescribeTargetHealth(ctx, &elasticloadbalancingv2.DescribeTargetHealthInput{TargetGroupArn: aws.String(arn)})
		if err != nil {
			return err
		}
		for _, t := range out.TargetHealthDescriptions {
			for i := range f.Instances {
				if f.Instances[i].ID == aws.ToString(t.Target.Id) {
					f.Instances[i].Target, f.Instances[i].Why = string(t.TargetHealth.State), aws.ToString(t.TargetHealth.Description)
				}
			}
		}
	}
	return nil
}

// listed is how many instances Systems Manager is asked for in one call.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_InstanceInformationStringFilter.html
const listed = 50

// seeOnline fills in which instances Systems Manager reaches.
func (s *Site) seeOnline(ctx context.Context, f *Fleet) error {
	at := map[string]int{}
	for i, instance := range f.Instances {
		at[instance.ID] = i
	}
	for some := range slices.Chunk(slices.Sorted(maps.Keys(at)), listed) {
		pages := ssm.NewDescribeInstanceInformationPaginator(s.SSM, &ssm.DescribeInstanceInformationInput{
			Filters: []ssmtypes.InstanceInformationStringFilter{{Key: aws.String("InstanceIds"), Values: some}},
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return err
			}
			for _, one := range page.InstanceInformationList {
				if i, ok := at[aws.ToString(one.InstanceId)]; ok {
					f.Instances[i].Online = one.PingStatus == ssmtypes.PingStatusOnline
				}
			}
		}
	}
	return nil
}
