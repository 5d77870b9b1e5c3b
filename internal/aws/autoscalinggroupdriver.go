package aws

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

type autoScalingGroups struct{ *Clients }

func (d autoScalingGroups) Read(ctx context.Context, scope engine.Scope) ([]engine.Live[AutoScalingGroup], error) {
	found, err := d.list(ctx, &autoscaling.DescribeAutoScalingGroupsInput{Filters: []types.Filter{
		{Name: aws.String("tag:" + engine.TagProject), Values: []string{scope.Project}},
		{Name: aws.String("tag:" + engine.TagEnvironment), Values: []string{scope.Environment}},
	}})
	if err != nil {
		return nil, err
	}
	wanted := slices.DeleteFunc(scope.Names("auto-scaling-group"), func(name string) bool {
		return slices.ContainsFunc(found, func(g types.AutoScalingGroup) bool { return aws.ToString(g.AutoScalingGroupName) == name })
	})
	if len(wanted) > 0 {
		others, err := d.list(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: wanted})
		if err != nil {
			return nil, err
		}
		found = append(found, others...)
	}
	var lives []engine.Live[AutoScalingGroup]
	for _, g := range found {
		live, err := d.live(ctx, scope, g)
		if err != nil {
			return nil, err
		}
		lives = append(lives, live)
	}
	return lives, nil
}

func (d autoScalingGroups) list(ctx context.Context, in *autoscaling.DescribeAutoScalingGroupsInput) ([]types.AutoScalingGroup, error) {
	pages := autoscaling.NewDescribeAutoScalingGroupsPaginator(d.AutoScaling, in)
	var found []types.AutoScalingGroup
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		found = append(found, page.AutoScalingGroups...)
	}
	return found, nil
}

func (d autoScalingGroups) live(ctx context.Context, scope engine.Scope, g types.AutoScalingGroup) (engine.Live[AutoScalingGroup], error) {
	live := engine.Live[AutoScalingGroup]{ID: aws.ToString(g.AutoScalingGroupName), Spec: groupOf(g)}
	tags := tagMap(g.Tags, func(t types.TagDescription) (*string, *string) { return t.Key, t.Value })
	belongs(scope, &live, tags)
	running, outdated := 0, 0
	for _, i := range g.Instances {
		if i.LifecycleState != types.LifecycleStateInService {
			continue
		}
		if aws.ToString(i.HealthStatus) == "Healthy" {
			running++
		}
		if isOutdated(live.Spec, i) {
			outdated++
		}
	}
	live.Attrs = map[string]any{"arn": aws.ToString(g.AutoScalingGroupARN), "instances": running, "outdated": outdated}
	if mark, ok := tags[DeployMark]; ok {
		live.Attrs["deploying"] = mark
	}
	switch {
	case live.Foreign:
	case aws.ToString(g.Status) != "": // set only while the group is being deleted
		live.Status, live.Reason = engine.Deleting, fmt.Sprintf("%d instances are being ended", len(g.Instances))
	case running < live.Spec.Min:
		var err error
		live.Status = engine.Pending
		live.Reason, err = d.shortOf(ctx, g, running)
		return live, err
	}
	return live, nil
}

// isOutdated reports whether an instance was made from another template, or
// version, than the group would use now.
func isOutdated(s AutoScalingGroup, i types.Instance) bool {
	if i.LaunchTemplate == nil {
		return true
	}
	return aws.ToString(i.LaunchTemplate.LaunchTemplateId) != s.Template.ID() || aws.ToString(i.LaunchTemplate.Version) != s.Version.MustGet()
}

// shortOf says why a group has fewer instances than it must: that a launch
// failed is no error of any call, it stands in the scaling activities only.
func (d autoScalingGroups) shortOf(ctx context.Context, g types.AutoScalingGroup, running int) (string, error) {
	text := fmt.Sprintf("%d of %d instances in service", running, aws.ToInt32(g.MinSize))
	if slices.ContainsFunc(g.SuspendedProcesses, func(p types.SuspendedProcess) bool { return aws.ToString(p.ProcessName) == "Launch" }) {
		return text + "; launching is suspended", nil
	}
	out, err := d.AutoScaling.DescribeScalingActivities(ctx, &autoscaling.DescribeScalingActivitiesInput{
		AutoScalingGroupName: g.AutoScalingGroupName, MaxRecords: aws.Int32(10),
	})
	if err != nil {
		return "", err
	}
	// Those under way come first, without a message as a rule, then the newest.
	for _, a := range out.Activities {
		if why := aws.ToString(a.StatusMessage); why != "" {
			text += "; " + why
			if a.StatusCode == types.ScalingActivityStatusCodeFailed {
				text += " If AWS has no capacity, allow more app.instances.types, or make app.instances.on-demand as many as app.instances.min"
			}
			return text, nil
		}
		if a.StatusCode == types.ScalingActivityStatusCodeSuccessful {
			break
		}
	}
	return text, nil
}

func (d autoScalingGroups) Create(ctx context.Context, id engine.Identity, s AutoScalingGroup) error {
	_, err := d.AutoScaling.CreateAutoScalingGroup(ctx, &autoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName: aws.String(s.Name), MixedInstancesPolicy: s.policy(), VPCZoneIdentifier: s.zones(),
		TargetGroupARNs: ids(s.TargetGroups), MinSize: aws.Int32(int32(s.Min)), MaxSize: aws.Int32(int32(s.Max)),
		DesiredCapacity: aws.Int32(int32(s.Desired)), CapacityRebalance: aws.Bool(s.CapacityRebalance),
		HealthCheckType: aws.String(s.HealthCheck), HealthCheckGracePeriod: aws.Int32(int32(s.GracePeriod)),
		DefaultInstanceWarmup: aws.Int32(int32(s.Warmup)), NewInstancesProtectedFromScaleIn: aws.Bool(false),
		Tags: groupTags(s.Name, id.Tags),
	})
	return d.whilePartsAreNew(ctx, s, err)
}

// Update never sends the desired capacity. AWS raises it to a new minimum and
// lowers it to a new maximum by itself.
func (d autoScalingGroups) Update(ctx context.Context, is engine.Live[AutoScalingGroup], want AutoScalingGroup, changed engine.Fields) error {
	if changed.Has("target-groups") {
		if err := d.retarget(ctx, is, want); err != nil {
			return err
		}
		if len(changed) == 1 {
			return nil
		}
	}
	in := &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: aws.String(is.ID)}
	if changed.Has("template", "version", "types", "on-demand-base", "on-demand-percent", "spot-strategy") {
		in.MixedInstancesPolicy = want.policy()
	}
	if changed.Has("subnets") {
		in.VPCZoneIdentifier = want.zones()
	}
	in.MinSize, in.MaxSize = aws.Int32(int32(want.Min)), aws.Int32(int32(want.Max))
	in.CapacityRebalance = aws.Bool(want.CapacityRebalance)
	in.HealthCheckType, in.HealthCheckGracePeriod = aws.String(want.HealthCheck), aws.Int32(int32(want.GracePeriod))
	in.DefaultInstanceWarmup = aws.Int32(int32(want.Warmup))
	_, err := d.AutoScaling.UpdateAutoScalingGroup(ctx, in)
	return d.whilePartsAreNew(ctx, want, err)
}

// retarget attaches before it detaches, so that instances are always in one.
func (d autoScalingGroups) retarget(ctx context.Context, is engine.Live[AutoScalingGroup], want AutoScalingGroup) error {
	without := func(all, some []string) []string {
		return slices.DeleteFunc(slices.Clone(all), func(arn string) bool { return slices.Contains(some, arn) })
	}
	has, wants := ids(is.Spec.TargetGroups), ids(want.TargetGroups)
	if more := without(wants, has); len(more) > 0 {
		if _, err := d.AutoScaling.AttachLoadBalancerTargetGroups(ctx, &autoscaling.AttachLoadBalancerTargetGroupsInput{
			AutoScalingGroupName: aws.String(is.ID), TargetGroupARNs: more,
		}); err != nil {
			return err
		}
	}
	if fewer := without(has, wants); len(fewer) > 0 {
		_, err := d.AutoScaling.DetachLoadBalancerTargetGroups(ctx, &autoscaling.DetachLoadBalancerTargetGroupsInput{
			AutoScalingGroupName: aws.String(is.ID), TargetGroupARNs: fewer,
		})
		return err
	}
	return nil
}

// whilePartsAreNew looks behind a refusal: Auto Scaling tries the template's
// version, and with it the instance profile, before it takes it.
func (d autoScalingGroups) whilePartsAreNew(ctx context.Context, s AutoScalingGroup, err error) error {
	if !mayPass(err) {
		return err
	}
	out, readErr := d.EC2.DescribeLaunchTemplateVersions(ctx, &ec2.DescribeLaunchTemplateVersionsInput{
		LaunchTemplateId: aws.String(s.Template.ID()), Versions: []string{s.Version.MustGet()},
	})
	if readErr != nil || len(out.LaunchTemplateVersions) == 0 {
		return err
	}
	version := out.LaunchTemplateVersions[0]
	if youngerThan(templatePropagation, version.CreateTime, out.ResultMetadata) {
		return notYet{err}
	}
	return d.whileNew(ctx, templateOf("", version.LaunchTemplateData).Profile.ID(), err)
}

// Delete ends the instances with the group.
func (d autoScalingGroups) Delete(ctx context.Context, is engine.Live[AutoScalingGroup]) error {
	_, err := d.AutoScaling.DeleteAutoScalingGroup(ctx, &autoscaling.DeleteAutoScalingGroupInput{
		AutoScalingGroupName: aws.String(is.ID), ForceDelete: aws.Bool(true),
	})
	if err == nil {
		return nil
	}
	// Auto Scaling has no code of its own for a group that is gone.
	left, readErr := d.list(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{is.ID}})
	if readErr == nil && len(left) == 0 {
		return nil
	}
	return err
}

func (d autoScalingGroups) Tag(ctx context.Context, id string, set map[string]string, unset []string) error {
	if len(set) > 0 {
		if _, err := d.AutoScaling.CreateOrUpdateTags(ctx, &autoscaling.CreateOrUpdateTagsInput{Tags: groupTags(id, set)}); err != nil {
			return err
		}
	}
	if len(unset) == 0 {
		return nil
	}
	gone := map[string]string{}
	for _, key := range unset {
		gone[key] = ""
	}
	tags := groupTags(id, gone)
	for i := range tags {
		tags[i].Value = nil // with a value, only a tag of that value is taken away
	}
	_, err := d.AutoScaling.DeleteTags(ctx, &autoscaling.DeleteTagsInput{Tags: tags})
	return err
}
