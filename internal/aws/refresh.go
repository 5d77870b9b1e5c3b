package aws

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// Refresh is one instance refresh: a group's running instances being replaced,
// new ones first, by such as its launch template makes now.
type Refresh struct {
	ID string
	// Status is AWS's own word: Pending, InProgress, Baking, Successful, Failed,
	// Cancelling, Cancelled, RollbackInProgress, RollbackSuccessful, RollbackFailed.
	Status string
	// Reason is AWS's explanation of the status, often empty.
	Reason string
	// Percent is how much is done, Left how many instances are still to be replaced.
	Percent, Left int
	// Version is the launch template's version it leads to; "" where it was
	// started without one.
	Version string
}

// Running reports whether AWS is still at it.
func (r Refresh) Running() bool {
	switch types.InstanceRefreshStatus(r.Status) {
	case types.InstanceRefreshStatusSuccessful, types.InstanceRefreshStatusFailed, types.InstanceRefreshStatusCancelled,
		types.InstanceRefreshStatusRollbackFailed, types.InstanceRefreshStatusRollbackSuccessful, "":
		return false
	}
	return true
}

// Succeeded reports whether every instance is of the wanted version.
func (r Refresh) Succeeded() bool { return r.Status == string(types.InstanceRefreshStatusSuccessful) }

// RolledBack reports whether it failed and AWS has gone back to what ran before.
func (r Refresh) RolledBack() bool {
	return r.Status == string(types.InstanceRefreshStatusRollbackSuccessful)
}

// OtherRefresh reports that the group is being refreshed to something else.
type OtherRefresh struct {
	Group string
	Refresh
}

func (e *OtherRefresh) Error() string {
	return fmt.Sprintf("%s is being refreshed to version %s of its launch template (%s, %d %% done); wait for it, or end it with `aws autoscaling cancel-instance-refresh --auto-scaling-group-name %s`",
		e.Group, e.Version, e.Status, e.Percent, e.Group)
}

// NoGroup reports a group that is not there.
type NoGroup struct{ Group string }

func (e *NoGroup) Error() string {
	return fmt.Sprintf("there is no auto-scaling group %s; `keyedin apply` makes it", e.Group)
}

// StartRefresh replaces the group's instances that are not of a version of its
// launch template; "" is the version the group has. A new instance is healthy
// before an old one goes. To a version that the group does not have yet, AWS
// goes back by itself when the refresh fails, and takes the version over into
// the group when it succeeds. A refresh to the same version that is already
// under way is joined; any other is an OtherRefresh.
func (c *Clients) StartRefresh(ctx context.Context, group, version string) (Refresh, error) {
	found, err := autoScalingGroups{c}.list(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{group}})
	if err != nil {
		return Refresh{}, err
	}
	if len(found) == 0 {
		return Refresh{}, &NoGroup{group}
	}
	has := groupOf(found[0]).Version.MustGet()
	if version == "" {
		version = has
	}
	out, err := c.AutoScaling.StartInstanceRefresh(ctx, &autoscaling.StartInstanceRefreshInput{
		AutoScalingGroupName: aws.String(group), Strategy: types.RefreshStrategyRolling,
		DesiredConfiguration: desired(found[0], version),
		Preferences: &types.RefreshPreferences{
			MinHealthyPercentage: aws.Int32(100), MaxHealthyPercentage: aws.Int32(200), SkipMatching: aws.Bool(true),
			// There is nothing to go back to where the group has the version already.
			AutoRollback:              aws.Bool(version != has),
			ScaleInProtectedInstances: types.ScaleInProtectedInstancesIgnore, StandbyInstances: types.StandbyInstancesIgnore,
		},
	})
	if _, running := errors.AsType[*types.InstanceRefreshInProgressFault](err); running {
		return c.join(ctx, group, version, has, err)
	}
	if err != nil {
		return Refresh{}, err
	}
	return Refresh{ID: aws.ToString(out.InstanceRefreshId), Status: string(types.InstanceRefreshStatusPending), Version: version}, nil
}

// join returns the refresh under way when it leads to the same version. One
// that was started without a version leads to the group's own.
func (c *Clients) join(ctx context.Context, group, version, has string, refusal error) (Refresh, error) {
	now, err := c.RefreshStatus(ctx, group, "")
	switch {
	case err != nil:
		return Refresh{}, err
	case !now.Running(): // it ended in between; AWS's refusal says to try again
		return Refresh{}, refusal
	case now.Version == "":
		now.Version = has
	}
	ends := []types.InstanceRefreshStatus{types.InstanceRefreshStatusCancelling, types.InstanceRefreshStatusRollbackInProgress}
	if now.Version != version || slices.Contains(ends, types.InstanceRefreshStatus(now.Status)) {
		return Refresh{}, &OtherRefresh{group, now}
	}
	return now, nil
}

// desired is the group's own configuration with another version.
func desired(g types.AutoScalingGroup, version string) *types.DesiredConfiguration {
	if g.MixedInstancesPolicy == nil && g.LaunchTemplate == nil {
		return nil // made outside of this tool, from a launch configuration
	}
	if g.MixedInstancesPolicy == nil {
		template := *g.LaunchTemplate
		template.LaunchTemplateName, template.Version = nil, aws.String(version) // the id is enough, and both are refused
		return &types.DesiredConfiguration{LaunchTemplate: &template}
	}
	policy := *g.MixedInstancesPolicy
	launch, template := *policy.LaunchTemplate, *policy.LaunchTemplate.LaunchTemplateSpecification
	template.LaunchTemplateName, template.Version = nil, aws.String(version)
	launch.LaunchTemplateSpecification, policy.LaunchTemplate = &template, &launch
	return &types.DesiredConfiguration{MixedInstancesPolicy: &policy}
}

// RefreshStatus reads a refresh of the group; id "" is the newest, and the zero
// Refresh says that there was none.
func (c *Clients) RefreshStatus(ctx context.Context, group, id string) (Refresh, error) {
	in := &autoscaling.DescribeInstanceRefreshesInput{AutoScalingGroupName: aws.String(group), MaxRecords: aws.Int32(1)}
	if id != "" {
		in.InstanceRefreshIds = []string{id}
	}
	out, err := c.AutoScaling.DescribeInstanceRefreshes(ctx, in)
	if err != nil || len(out.InstanceRefreshes) == 0 {
		return Refresh{}, err
	}
	r := out.InstanceRefreshes[0] // the newest comes first
	return Refresh{
		ID: aws.ToString(r.InstanceRefreshId), Status: string(r.Status), Reason: aws.ToString(r.StatusReason),
		Percent: int(aws.ToInt32(r.PercentageComplete)), Left: int(aws.ToInt32(r.InstancesToUpdate)), Version: versionOf(r.DesiredConfiguration),
	}, nil
}

func versionOf(d *types.DesiredConfiguration) string {
	switch {
	case d == nil:
	case d.LaunchTemplate != nil:
		return aws.ToString(d.LaunchTemplate.Version)
	case d.MixedInstancesPolicy != nil:
		return groupOf(types.AutoScalingGroup{MixedInstancesPolicy: d.MixedInstancesPolicy}).Version.MustGet()
	}
	return ""
}

// refreshPause is how long to wait between two looks at a refresh, which takes
// minutes for each instance.
const refreshPause = 10 * time.Second

// WatchRefresh looks at a refresh until it has ended, and tells on of each
// look. sleep is the caller's clock; its error ends the watch, not the refresh.
func (c *Clients) WatchRefresh(ctx context.Context, group, id string, sleep func(context.Context, time.Duration) error, on func(Refresh)) (Refresh, error) {
	for {
		r, err := c.RefreshStatus(ctx, group, id)
		if err != nil {
			return r, err
		}
		on(r)
		if !r.Running() {
			return r, nil
		}
		if err := sleep(ctx, refreshPause); err != nil {
			return r, err
		}
	}
}

// CancelRefresh asks AWS to end the group's refresh, which goes on Cancelling
// for a while. Instances already replaced stay. That none is under way is fine.
func (c *Clients) CancelRefresh(ctx context.Context, group string) error {
	_, err := c.AutoScaling.CancelInstanceRefresh(ctx, &autoscaling.CancelInstanceRefreshInput{AutoScalingGroupName: aws.String(group)})
	if _, none := errors.AsType[*types.ActiveInstanceRefreshNotFoundFault](err); none {
		return nil
	}
	return err
}
