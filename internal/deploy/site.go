package deploy

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/keyedin-app/keyedin-infra/internal/release/bundle"
)

// Site is an environment that releases are brought to.
type Site struct {
	AutoScaling *autoscaling.Client
	CloudWatch  *cloudwatch.Client
	CodeDeploy  *codedeploy.Client
	ECR         *ecr.Client
	ELB         *elasticloadbalancingv2.Client
	S3          *s3.Client
	SSM         *ssm.Client

	// Environment is its name; Application is that of the CodeDeploy application
	// and of its deployment group, Group that of the Auto Scaling group.
	Environment, Application, Group string
	// Bucket is the private bucket; releases are under Releases in it, which ends
	// in a slash.
	Bucket, Releases string
	// Release reads a release; its error says when there is none.
	Release func(ctx context.Context, version string) (bundle.Release, error)
	// Pause waits; its error ends what was waited for.
	Pause func(context.Context, time.Duration) error
}

// How long to pause between two looks at what goes on at AWS. It takes minutes
// as a rule, but its beginning is what people look at.
const (
	shortest = 250 * time.Millisecond
	longest  = 4 * time.Second
)

// looks returns a pause that grows from one call to the next.
func (s *Site) looks() func(context.Context) error {
	next := shortest
	return func(ctx context.Context) error {
		err := s.Pause(ctx, next)
		next = min(next*3/2, longest)
		return err
	}
}
