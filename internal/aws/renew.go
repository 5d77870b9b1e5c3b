package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// Fleet is what a group makes its instances from, and what those that run were
// made from.
type Fleet struct {
	Group string
	// Version is that of the group's launch template.
	Version string
	// Running counts those in service by their version; "" is another template's.
	Running map[string]int
	group   types.AutoScalingGroup
}

// Old is how many run something else than the group's version.
func (f Fleet) Old() int {
	n := 0
	for version, count := range f.Running {
		if version != f.Version {
			n += count
		}
	}
	return n
}

// Before is the version that all the old ones run, "" when there is no such one.
func (f Fleet) Before() string {
	before := ""
	for version := range f.Running {
		switch {
		case version == f.Version:
		case version == "" || before != "":
			return ""
		default:
			before = version
		}
	}
	return before
}

// Fleet looks at a group; its error may be a NoGroup.
func (c *Clients) Fleet(ctx context.Context, group string) (Fleet, error) {
	found, err := autoScalingGroups{c}.list(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{group}})
	if err != nil {
		return Fleet{}, err
	}
	if len(found) == 0 {
		return Fleet{}, &NoGroup{group}
	}
	s := groupOf(found[0])
	f := Fleet{Group: group, Version: s.Version.MustGet(), Running: map[string]int{}, group: found[0]}
	for _, i := range found[0].Instances {
		if i.LifecycleState != types.LifecycleStateInService {
			continue
		}
		version := ""
		if t := i.LaunchTemplate; t != nil && aws.ToString(t.LaunchTemplateId) == s.Template.ID() {
			version = aws.ToString(t.Version)
		}
		f.Running[version]++
	}
	return f, nil
}

// Renew replaces the old instances. AWS goes back by itself when that fails, but
// only to what the group is set to: so the group is set to what runs, and the
// refresh takes it along when it succeeds. back is the version AWS would go back
// to; it is "" where there is no such one, because the old ones differ or their
// version is gone, and where a refresh that is under way was joined.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/instance-refresh-rollback.html
func (c *Clients) Renew(ctx context.Context, f Fleet) (r Refresh, back string, err error) {
	now, err := c.RefreshStatus(ctx, f.Group, "")
	if err != nil {
		return Refresh{}, "", err
	}
	back = f.Before()
	if back == "" || now.Running() {
		r, err = c.StartRefresh(ctx, f.Group, "")
		return r, "", err
	}
	switch there, err := c.hasVersion(ctx, f, back); {
	case err != nil:
		return Refresh{}, "", err
	case !there:
		r, err = c.StartRefresh(ctx, f.Group, "")
		return r, "", err
	}
	if err := c.setVersion(ctx, f, back); err != nil {
		return Refresh{}, "", err
	}
	// When that is refused the group stays at what works; the next apply moves it.
	r, err = c.StartRefresh(ctx, f.Group, f.Version)
	return r, back, err
}

// hasVersion reports whether a version of the group's template is there.
func (c *Clients) hasVersion(ctx context.Context, f Fleet, version string) (bool, error) {
	out, err := c.EC2.DescribeLaunchTemplateVersions(ctx, &ec2.DescribeLaunchTemplateVersionsInput{
		LaunchTemplateId: aws.String(groupOf(f.group).Template.ID()), Versions: []string{version},
	})
	if Classify(err) == engine.NotFound {
		return false, nil
	}
	return err == nil && len(out.LaunchTemplateVersions) > 0, err
}

// setVersion has the group make new instances from a version; no running one is
// touched.
func (c *Clients) setVersion(ctx context.Context, f Fleet, version string) error {
	in := &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: aws.String(f.Group)}
	if d := desired(f.group, version); d != nil {
		in.MixedInstancesPolicy, in.LaunchTemplate = d.MixedInstancesPolicy, d.LaunchTemplate
	}
	_, err := c.AutoScaling.UpdateAutoScalingGroup(ctx, in)
	return err
}
