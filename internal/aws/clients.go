// Package aws knows Amazon: one file for each kind of object, with its spec
// and the few calls that read, create, change and delete it. It does not know
// the config file, nor order, waiting, retrying and state, which are the
// engine's.
package aws

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2instanceconnect"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"
)

// Clients holds a client for each service, all of one account and region.
type Clients struct {
	Config      aws.Config
	ACM         *acm.Client
	AutoScaling *autoscaling.Client
	CloudWatch  *cloudwatch.Client
	CodeDeploy  *codedeploy.Client
	EC2         *ec2.Client
	ECR         *ecr.Client
	ELB         *elasticloadbalancingv2.Client
	IAM         *iam.Client
	Connect     *ec2instanceconnect.Client
	Logs        *cloudwatchlogs.Client
	Quotas      *servicequotas.Client
	RDS         *rds.Client
	Route53     *route53.Client
	S3          *s3.Client
	Secrets     *secretsmanager.Client
	SNS         *sns.Client
	SSM         *ssm.Client
	STS         *sts.Client
	Tagging     *resourcegroupstaggingapi.Client
	Trail       *cloudtrail.Client
	// Delegation is how a domain's name servers are found out; nil does not look.
	Delegation Delegation
}

// attempts is how often the SDK tries a call that may be repeated; its own
// default of three is too few for many calls at once.
const attempts = 10

// longestPause is the most the SDK waits before it tries again; with its own 20
// seconds one unlucky call holds up all that waits for it.
const longestPause = 4 * time.Second

// Connect makes the clients. Profile and region may be empty; the AWS_*
// variables win over the profile, and the endpoint is always the SDK's choice.
func Connect(ctx context.Context, profile, region string) (*Clients, error) {
	options := []func(*config.LoadOptions) error{
		config.WithLogger(logging.Nop{}), // only ui prints
		config.WithRetryer(func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts, o.MaxBackoff = attempts, longestPause
				o.RateLimiter = ratelimit.None
			})
		}),
	}
	if profile != "" {
		options = append(options, config.WithSharedConfigProfile(profile))
	}
	if region != "" {
		options = append(options, config.WithRegion(region))
	}
	c, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, err
	}
	return NewClients(c), nil
}

// NewClients makes the clients from a loaded configuration.
func NewClients(c aws.Config) *Clients {
	return &Clients{
		Config: c, ACM: acm.NewFromConfig(c), AutoScaling: autoscaling.NewFromConfig(c),
		CloudWatch: cloudwatch.NewFromConfig(c), CodeDeploy: codedeploy.NewFromConfig(c),
		EC2: ec2.NewFromConfig(c), ECR: ecr.NewFromConfig(c), ELB: elasticloadbalancingv2.NewFromConfig(c),
		Connect: ec2instanceconnect.NewFromConfig(c),
		IAM:     iam.NewFromConfig(c), Logs: cloudwatchlogs.NewFromConfig(c), Quotas: servicequotas.NewFromConfig(c),
		RDS: rds.NewFromConfig(c), Route53: route53.NewFromConfig(c), S3: s3.NewFromConfig(c),
		Secrets: secretsmanager.NewFromConfig(c), SNS: sns.NewFromConfig(c), SSM: ssm.NewFromConfig(c),
		STS: sts.NewFromConfig(c), Tagging: resourcegroupstaggingapi.NewFromConfig(c), Trail: cloudtrail.NewFromConfig(c),
		Delegation: publicDelegation,
	}
}
