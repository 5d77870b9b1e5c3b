package main

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox/bench"
	"github.com/keyedin-app/keyedin-infra/internal/sandbox/proxy"
)

// TestScaleOutMeanwhile has instances come up in the midst of a deployment: they
// get the release too.
func TestScaleOutMeanwhile(t *testing.T) {
	t.Parallel()
	p := deploysOf(t, nil, "1.0", "1.1")
	r := p.held("ApplicationStart", "1.1")
	p.scaled(3)
	p.Deploys(t, bench.Deploys{EventSeconds: brisk()})
	r.end().prints(t, "1.1 runs on 3 instances")
	p.runs("1.1")
	p.tidy()
	p.Violations(t)
}

// TestBadRelease is a bad day: a release that fails on the second of three
// instances, a client killed half-way, a scale-out in between, a lost launch
// hook, in an account as stern as AWS. It ends with the old release everywhere,
// nothing suspended and nothing in Standby.
func TestBadRelease(t *testing.T) {
	t.Parallel()
	p := deploysOf(t, []func(string) string{three}, "1.0", "2.0")
	p.Stern(t, bench.Stern{Scale: 1000})
	p.settledAt("1.0") // what is stern knows instances that start anew
	p.Forecast(proxy.Weather{Seed: 7, Throttled: 0.1, Failed: 0.02, Lost: 0.02})
	bad := bench.Deploys{EventSeconds: brisk(), Hold: "ApplicationStart", Failures: []bench.DeployFailure{{
		Version: "2.0", Event: "AfterInstall", Nth: 2, Code: "ScriptFailed", Script: "hooks/pull.sh", Log: "manifest unknown",
	}}}
	p.Deploys(t, bad)
	r := p.start("deploy", "2.0", "--yes", "--no-before")
	r.waitFor("has begun")
	if err := r.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-r.ended
	p.unhooked()
	p.scaled(4)
	bad.Hold = ""
	p.Deploys(t, bad)
	p.run("deploy", "--attach").says(t, 1, "manifest unknown", "1.0 runs again")
	p.Clear()
	p.must("deploy", "1.0", "--yes", "--no-before") // mends the hook, and what came up without it
	p.runs("1.0")
	p.tidy()
	if n := len(p.group().Instances); n != 4 {
		t.Errorf("there are %d instances", n)
	}
}

// unhooked takes CodeDeploy's launch hook out of the group, as people do.
func (p *place) unhooked() {
	p.t.Helper()
	client := autoscaling.NewFromConfig(p.Config())
	for _, name := range p.hooks() {
		if _, err := client.DeleteLifecycleHook(p.t.Context(), &autoscaling.DeleteLifecycleHookInput{
			AutoScalingGroupName: aws.String(groupName), LifecycleHookName: aws.String(name),
		}); err != nil {
			p.t.Fatal(err)
		}
	}
}

func (p *place) hooks() []string {
	p.t.Helper()
	out, err := autoscaling.NewFromConfig(p.Config()).DescribeLifecycleHooks(p.t.Context(), &autoscaling.DescribeLifecycleHooksInput{
		AutoScalingGroupName: aws.String(groupName),
	})
	if err != nil {
		p.t.Fatal(err)
	}
	var names []string
	for _, h := range out.LifecycleHooks {
		names = append(names, aws.ToString(h.LifecycleHookName))
	}
	return names
}

// TestMended puts a lost launch hook and an instance in Standby right, after
// asking.
func TestMended(t *testing.T) {
	t.Parallel()
	p := deploysOf(t, nil, "1.0", "1.1")
	p.scaled(3)
	p.settledAt("1.0")
	p.unhooked()
	id := aws.ToString(p.group().Instances[1].InstanceId)
	if _, err := autoscaling.NewFromConfig(p.Config()).EnterStandby(t.Context(), &autoscaling.EnterStandbyInput{
		AutoScalingGroupName: aws.String(groupName), InstanceIds: []string{id}, ShouldDecrementDesiredCapacity: aws.Bool(true),
	}); err != nil {
		t.Fatal(err)
	}
	p.run("deploy", "1.1").says(t, 1, "launch hook is gone", "Say --yes")
	r := p.must("deploy", "1.1", "--yes", "--no-before")
	r.says(t, 0, "it is there again", id+" was in Standby")
	if hooks := p.hooks(); len(hooks) != 1 || !strings.HasPrefix(hooks[0], "CodeDeploy-managed-automatic-launch-deployment-hook") {
		t.Errorf("the hooks are %v", hooks)
	}
	if n := len(p.group().Instances); n != 3 {
		t.Errorf("there are %d instances", n)
	}
	p.runs("1.1")
	p.tidy()
	p.must("apply", "--yes") // the deployment group is as the config wants it
	p.settled()
	p.Violations(t)
}

// TestAlarm keeps a deployment from beginning while an alarm of the group is on,
// and does not keep anybody from going back.
func TestAlarm(t *testing.T) {
	t.Parallel()
	p := deploysOf(t, nil, "1.0", "1.1", "1.2")
	p.must("deploy", "1.1", "--yes", "--no-before")
	if _, err := cloudwatch.NewFromConfig(p.Config()).SetAlarmState(t.Context(), &cloudwatch.SetAlarmStateInput{
		AlarmName: aws.String(application + "-application-errors"), StateValue: cwtypes.StateValueAlarm, StateReason: aws.String("12 errors"),
	}); err != nil {
		t.Fatal(err)
	}
	p.run("deploy", "1.2", "--yes").says(t, 1, "application-errors is on", "12 errors", "keyedin rollback")
	p.must("rollback", "1.0", "--yes").prints(t, "1.0 runs on 1 instance")
	p.runs("1.0")
	p.tidy()
	p.Violations(t)
}

// TestRollbackWarns tells of migrations that a release to go back to does not
// know, whichever it is.
func TestRollbackWarns(t *testing.T) {
	t.Parallel()
	p := deploysOf(t, nil, "1.0", "1.1", "1.2")
	p.must("deploy", "1.1", "--yes")
	p.must("deploy", "1.2", "--yes", "--no-before")
	if r := p.must("rollback", "1.1", "--yes"); strings.Contains(r.err, "may have changed") {
		t.Errorf("it warns of migrations that ran before that release:\n%s", r.err)
	}
	p.run("rollback", "1.0").says(t, 1, "ran with 1.1", "Say --yes")
	p.must("rollback", "--yes").says(t, 0, "ran with 1.1", "may have changed the database")
	p.runs("1.0")
	p.Violations(t)
}
