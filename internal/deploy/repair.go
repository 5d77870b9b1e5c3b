package deploy

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
)

// Rehook has CodeDeploy put its launch hook into the Auto Scaling group again,
// without which a new instance comes up empty. CodeDeploy does so when a
// deployment group is given its groups; where giving it those that it has is not
// enough, they are taken away in between. Everything else is left as it is.
// https://docs.aws.amazon.com/codedeploy/latest/userguide/integrations-aws-auto-scaling.html
func (s *Site) Rehook(ctx context.Context) error {
	for _, groups := range [][]string{{s.Group}, {}, {s.Group}} {
		if len(groups) == 0 {
			if hooked, err := s.hooked(ctx); err != nil || hooked {
				return err
			}
		}
		if _, err := s.CodeDeploy.UpdateDeploymentGroup(ctx, &codedeploy.UpdateDeploymentGroupInput{
			ApplicationName: aws.String(s.Application), CurrentDeploymentGroupName: aws.String(s.Application), AutoScalingGroups: groups,
		}); err != nil {
			return err
		}
	}
	return nil
}

// hooked reports whether the Auto Scaling group has the deployment group's hook.
func (s *Site) hooked(ctx context.Context) (bool, error) {
	out, err := s.CodeDeploy.GetDeploymentGroup(ctx, &codedeploy.GetDeploymentGroupInput{
		ApplicationName: aws.String(s.Application), DeploymentGroupName: aws.String(s.Application),
	})
	if err != nil {
		return false, err
	}
	hooks, err := s.AutoScaling.DescribeLifecycleHooks(ctx, &autoscaling.DescribeLifecycleHooksInput{AutoScalingGroupName: aws.String(s.Group)})
	if err != nil {
		return false, err
	}
	for _, g := range out.DeploymentGroupInfo.AutoScalingGroups {
		for _, h := range hooks.LifecycleHooks {
			if aws.ToString(g.Name) == s.Group && aws.ToString(h.LifecycleHookName) == aws.ToString(g.Hook) {
				return true, nil
			}
		}
	}
	return false, nil
}
