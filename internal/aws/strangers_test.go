package aws

import (
	"context"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/sandbox/bench"
	"github.com/keyedin-app/keyedin-infra/internal/state"
)

// lived is an account in which things happen that the engine did not do.
type lived struct {
	*Clients
	t *testing.T
}

func newLived(t *testing.T) lived {
	t.Helper()
	t.Parallel()
	return lived{NewClients(bench.Start(t).Config()), t}
}

// must is for what is made behind the engine's back.
func (a lived) must(_ any, err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

// plan says what an environment that has nothing recorded would do.
func (a lived) plan(declare func(*engine.Stack)) *engine.Plan {
	a.t.Helper()
	st := engine.NewStack("sample", "test", nil)
	declare(st)
	e := engine.New(Kinds(a.Clients), Classify)
	last := state.New("sample", "test", "123456789012", "us-east-1")
	world, err := e.Observe(a.t.Context(), st, last)
	if err != nil {
		a.t.Fatal(err)
	}
	return e.Plan(st, last, world, nil)
}

func (a lived) wantProblems(p *engine.Plan, addresses ...string) {
	a.t.Helper()
	var got []string
	for _, problem := range p.Problems {
		got = append(got, problem.Address)
	}
	slices.Sort(got)
	if !slices.Equal(got, addresses) || len(p.Changes) > 0 {
		a.t.Errorf("problems with %v, changes %v; want problems with %v and no change", got, p.Changes, addresses)
	}
}

// What has a name we want and is not ours stops the plan, and is never taken.
func TestNamesOfStrangers(t *testing.T) {
	a := newLived(t)
	ctx := context.Background()
	trust := aws.String(trusts("ec2.amazonaws.com").document())
	a.must(a.IAM.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("sample-test-server"), AssumeRolePolicyDocument: trust}))
	a.must(a.IAM.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{
		InstanceProfileName: aws.String("sample-test-server"), Path: aws.String(RolePath("test")),
	}))
	a.must(a.SNS.CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String("sample-test-alerts")}))
	a.must(a.CloudWatch.PutMetricAlarm(ctx, &cloudwatch.PutMetricAlarmInput{
		AlarmName: aws.String("sample-test-errors"), Namespace: aws.String("AWS/EC2"), MetricName: aws.String("CPUUtilization"),
		Statistic: types.StatisticAverage, Period: aws.Int32(60), EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(1),
		ComparisonOperator: types.ComparisonOperatorGreaterThanThreshold,
	}))
	a.must(a.Logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{
		LogGroupName: aws.String("/sample/test/app"), Tags: map[string]string{engine.TagProject: "other", engine.TagEnvironment: "test"},
	}))
	p := a.plan(func(st *engine.Stack) {
		role := engine.Add(st, "server", serverRole(st, "server", "s3:GetObject"))
		engine.Add(st, "server", InstanceProfile{Name: "sample-test-server", Path: RolePath("test"), Role: role})
		engine.Add(st, "alerts", Topic{Name: "sample-test-alerts"})
		engine.Add(st, "errors", Alarm{Name: "sample-test-errors"})
		engine.Add(st, "app", LogGroup{Name: "/sample/test/app"})
	})
	a.wantProblems(p, "alarm/errors", "instance-profile/server", "log-group/app", "role/server", "topic/alerts")
}

// A group that a service made before us, without tags, is taken over and tagged.
func TestLogGroupOfAService(t *testing.T) {
	a := newLived(t)
	name := aws.String("/aws/rds/cluster/sample-test/error")
	a.must(a.Logs.CreateLogGroup(context.Background(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: name}))
	p := a.plan(func(st *engine.Stack) { engine.Add(st, "error", LogGroup{Name: *name, Days: 7}) })
	var fields []string
	for _, c := range p.Changes {
		for _, f := range c.Fields {
			fields = append(fields, f.Field)
		}
	}
	want := []string{"days", "tags.address", "tags.environment", "tags.managed-by", "tags.project"}
	slices.Sort(fields)
	if len(p.Problems) > 0 || p.Count(engine.Update) != 1 || !slices.Equal(fields, want) {
		t.Errorf("problems %v, changes %v, want %v", p.Problems, fields, want)
	}
}

// A role goes though someone has attached a policy to it and put it into a
// profile, which stays.
func TestRoleInUseGoes(t *testing.T) {
	a := newLived(t)
	ctx := context.Background()
	name, path := aws.String("sample-test-server"), aws.String(RolePath("test"))
	a.must(a.IAM.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: name, Path: path, AssumeRolePolicyDocument: aws.String(trusts("ec2.amazonaws.com").document()),
	}))
	policy, err := a.IAM.CreatePolicy(ctx, &iam.CreatePolicyInput{
		PolicyName: aws.String("theirs"), PolicyDocument: aws.String(Policy{Statements: engine.Set[Statement]{Allow([]string{"s3:*"}, Any())}}.document()),
	})
	a.must(policy, err)
	a.must(a.IAM.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: name, PolicyArn: policy.Policy.Arn}))
	a.must(a.IAM.PutRolePolicy(ctx, &iam.PutRolePolicyInput{
		RoleName: name, PolicyName: aws.String("another"), PolicyDocument: aws.String(Policy{Statements: engine.Set[Statement]{Allow([]string{"s3:*"}, Any())}}.document()),
	}))
	a.must(a.IAM.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: aws.String("theirs")}))
	a.must(a.IAM.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: aws.String("theirs"), RoleName: name}))

	driver, is := roles{a.Clients}, engine.Live[Role]{ID: *name}
	if err := driver.Delete(ctx, is); err != nil {
		t.Fatal(err)
	}
	if _, err := a.IAM.GetRole(ctx, &iam.GetRoleInput{RoleName: name}); Classify(err) != engine.NotFound {
		t.Errorf("the role is still there: %v", err)
	}
	if _, err := a.IAM.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: aws.String("theirs")}); err != nil {
		t.Errorf("the profile is gone: %v", err)
	}
	if err := driver.Delete(ctx, is); Classify(err) != engine.NotFound {
		t.Errorf("a second delete: %v", err)
	}
}
