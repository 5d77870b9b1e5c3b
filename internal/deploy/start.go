package deploy

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// Order is what to deploy.
type Order struct {
	// Kind is deploy or rollback.
	Kind    string
	Version string
	// By is who wants it.
	By string
	// Token tells this order from every other.
	Token string
	// Archive is what CodeDeploy installs.
	Archive *types.S3Location
	// DeafToAlarms goes on although an alarm is on.
	DeafToAlarms bool
}

// Start begins a deployment, once: where the answer is lost, it is found again.
func (s *Site) Start(ctx context.Context, o Order) (id string, err error) {
	in := &codedeploy.CreateDeploymentInput{
		ApplicationName: aws.String(s.Application), DeploymentGroupName: aws.String(s.Application),
		Revision:    &types.RevisionLocation{RevisionType: types.RevisionLocationTypeS3, S3Location: o.Archive},
		Description: aws.String(describe(o.Kind, o.Version, o.By, o.Token)),
		// What an earlier release left behind must not keep the next one away, and
		// neither must a fault in how the earlier one stops.
		FileExistsBehavior: types.FileExistsBehaviorOverwrite, IgnoreApplicationStopFailures: true,
	}
	if o.DeafToAlarms {
		// The SDK leaves out what is false, and an empty override might count for none.
		in.OverrideAlarmConfiguration = &types.AlarmConfiguration{Alarms: []types.Alarm{}, IgnorePollAlarmFailure: true}
	}
	// The call takes no token. Sent again by the SDK after a lost answer, it is
	// refused for the deployment that it has begun itself: a group has one at most.
	// https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html
	out, err := s.CodeDeploy.CreateDeployment(ctx, in)
	if err == nil {
		return aws.ToString(out.DeploymentId), nil
	}
	if ctx.Err() != nil {
		return "", err
	}
	under, listErr := s.deployments(ctx, 1)
	if listErr != nil {
		return "", err
	}
	for _, d := range under {
		if d.token == o.Token {
			return d.ID, nil
		}
	}
	return "", err
}

// Stop ends a deployment, and has AWS take it back. That it has ended already
// is no error.
func (s *Site) Stop(ctx context.Context, id string) error {
	_, err := s.CodeDeploy.StopDeployment(ctx, &codedeploy.StopDeploymentInput{
		DeploymentId: aws.String(id), AutoRollbackEnabled: aws.Bool(true),
	})
	if _, over := errors.AsType[*types.DeploymentAlreadyCompletedException](err); over {
		return nil
	}
	return err
}
