package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	cdtypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox/bench"
)

// waitFor waits until a running keyedin has said something.
func (r *running) waitFor(words string) {
	r.t.Helper()
	for deadline := time.Now().Add(patience); !strings.Contains(r.err.String(), words); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			r.t.Fatalf("it does not say %q:\n%s", words, r.err)
		}
	}
}

// held has a client deploy until AWS stands still at an event.
func (p *place) held(event, version string) *running {
	p.t.Helper()
	p.Deploys(p.t, bench.Deploys{EventSeconds: brisk(), Hold: event})
	r := p.start("deploy", version, "--yes", "--no-before")
	r.waitFor("has begun")
	return r
}

// killed has the client killed in the midst of a deployment.
func (p *place) killed(event, version string) {
	p.t.Helper()
	r := p.held(event, version)
	if err := r.Process.Kill(); err != nil {
		p.t.Fatal(err)
	}
	<-r.ended
}

// TestAttach kills the client half-way: AWS goes on, what was suspended stays so
// and is known, and the next client sees to the end.
func TestAttach(t *testing.T) {
	t.Parallel()
	p := deploysOf(t, nil, "1.0", "1.1")
	p.killed("ApplicationStart", "1.1")
	if got := p.suspended(); !slices.Equal(got, []string{"AZRebalance"}) {
		t.Errorf("suspended are %v", got)
	}
	p.run("deploy", "1.0", "--yes").says(t, 1, "of 1.1 by ", "is under way", "--attach", "--abort")
	p.must("plan").prints(t, "of 1.1 by ", "deploy --attach")
	p.must("status").prints(t, "of 1.1 by ")
	p.must("apply", "--yes") // holds off, and resumes nothing that is needed yet
	if got := p.suspended(); !slices.Equal(got, []string{"AZRebalance"}) {
		t.Errorf("after an apply suspended are %v", got)
	}
	follower := p.start("deploy", "--attach")
	follower.waitFor("is under way")
	p.Deploys(t, bench.Deploys{EventSeconds: brisk()})
	follower.end().prints(t, "1.1 runs on 1 instance")
	p.runs("1.1")
	p.tidy()
	p.must("deploy", "--attach").says(t, 0, "No deployment is under way", "succeeded")
	p.Violations(t)
}

// TestResumed finds what a killed client has left suspended, and leaves alone
// what a person did.
func TestResumed(t *testing.T) {
	t.Parallel()
	for command, args := range map[string][]string{"apply": {"apply", "--yes"}, "deploy": {"deploy", "1.2", "--yes", "--no-before"}} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			p := deploysOf(t, nil, "1.0", "1.1", "1.2")
			if _, err := autoscaling.NewFromConfig(p.Config()).SuspendProcesses(t.Context(), &autoscaling.SuspendProcessesInput{
				AutoScalingGroupName: aws.String(groupName), ScalingProcesses: []string{"AlarmNotification"},
			}); err != nil {
				t.Fatal(err)
			}
			p.killed("ApplicationStart", "1.1")
			p.Deploys(t, bench.Deploys{EventSeconds: brisk()})
			p.settledAt("1.1")
			p.must("plan").prints(t, "cut short", "AZRebalance")
			r := p.must(args...)
			if !strings.Contains(r.out+r.err, "AZRebalance") || !strings.Contains(r.out+r.err, "resumed") {
				t.Errorf("it does not say what was resumed:\n%s%s", r.out, r.err)
			}
			p.tidy("AlarmNotification")
			p.Violations(t)
		})
	}
}

// TestSuspendedByAPerson neither marks nor resumes what was suspended before.
func TestSuspendedByAPerson(t *testing.T) {
	t.Parallel()
	p := deploysOf(t, nil, "1.0", "1.1")
	if _, err := autoscaling.NewFromConfig(p.Config()).SuspendProcesses(t.Context(), &autoscaling.SuspendProcessesInput{
		AutoScalingGroupName: aws.String(groupName), ScalingProcesses: []string{"AZRebalance"},
	}); err != nil {
		t.Fatal(err)
	}
	p.must("deploy", "1.1", "--yes")
	p.tidy("AZRebalance")
	p.Violations(t)
}

// settledAt waits until AWS has installed a release everywhere by itself, and all
// instances are in service.
func (p *place) settledAt(version string) {
	p.t.Helper()
	want := "releases/" + version + "/bundle.zip"
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		installed, all := p.Installed(p.t), p.quiet()
		for _, i := range p.group().Instances {
			all = all && installed[aws.ToString(i.InstanceId)] == want && i.LifecycleState == asgtypes.LifecycleStateInService
		}
		if all {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("installed are %v, not %s", installed, version)
		}
	}
}

// quiet tells whether no deployment is under way.
func (p *place) quiet() bool {
	p.t.Helper()
	out, err := codedeploy.NewFromConfig(p.Config()).ListDeployments(p.t.Context(), &codedeploy.ListDeploymentsInput{
		ApplicationName: aws.String(application), DeploymentGroupName: aws.String(application),
		IncludeOnlyStatuses: []cdtypes.DeploymentStatus{
			cdtypes.DeploymentStatusCreated, cdtypes.DeploymentStatusQueued, cdtypes.DeploymentStatusInProgress,
		},
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return len(out.Deployments) == 0
}

// TestAbort stops a deployment from another terminal: both clients see it taken
// back.
func TestAbort(t *testing.T) {
	t.Parallel()
	p := deploysOf(t, nil, "1.0", "1.1")
	first := p.held("ApplicationStart", "1.1")
	p.run("deploy", "--abort").says(t, 1, "Say --yes")
	second := p.start("deploy", "--abort", "--yes")
	second.waitFor("is being stopped")
	p.Deploys(t, bench.Deploys{EventSeconds: brisk()})
	second.end().says(t, 1, "stopped", "1.0 runs again")
	first.end().says(t, 1, "stopped", "1.0 runs again")
	p.runs("1.0")
	p.tidy()
	p.Violations(t)
}

// TestInterruptDeploy leaves with Ctrl-C: nothing stays suspended, AWS goes on,
// and says how to look.
func TestInterruptDeploy(t *testing.T) {
	t.Parallel()
	p := deploysOf(t, nil, "1.0", "1.1")
	r := p.held("ApplicationStart", "1.1")
	r.signal(interruptSignal)
	r.end().says(t, 130, "AWS goes on", "deploy --attach", "deploy --abort")
	if got := p.suspended(); len(got) > 0 {
		t.Errorf("suspended are %v", got)
	}
	p.run("unlock").prints(t, "is not locked")
	p.must("plan").prints(t, "of 1.1 by ")
	p.Deploys(t, bench.Deploys{EventSeconds: brisk()})
	p.must("deploy", "--attach").prints(t, "1.1 runs on 1 instance")
	p.runs("1.1")
	p.tidy()
	p.Violations(t)
}

// TestBeforeOnce kills the client while migrations run: whoever comes next
// follows them instead of running them twice.
func TestBeforeOnce(t *testing.T) {
	t.Parallel()
	p := deploysOf(t, nil, "1.0", "1.1")
	sent := func() int { return p.Record().Count()["ssm:SendCommand"] }
	already := sent()
	slow := bench.CommandAnswer{Match: "artisan migrate", Output: migrates, Hold: true}
	p.Deploys(t, bench.Deploys{EventSeconds: brisk(), Commands: []bench.CommandAnswer{slow}})
	r := p.start("deploy", "1.1", "--yes")
	r.waitFor("Running `php artisan migrate --force`")
	for deadline := time.Now().Add(patience); sent() == already; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the command was never sent")
		}
	}
	if err := r.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-r.ended
	p.run("deploy", "--abort", "--yes").says(t, 1, "cannot be stopped half-way", "deploy 1.1")
	slow.Hold = false
	p.Deploys(t, bench.Deploys{EventSeconds: brisk(), Commands: []bench.CommandAnswer{slow}})
	p.run("deploy", "--attach").says(t, 1, "was begun by", "create_profiles", "never begun", "deploy 1.1")
	p.must("deploy", "1.1", "--yes").says(t, 0, "was begun by", "create_profiles")
	if n := sent() - already; n != 1 {
		t.Errorf("the command was sent %d times", n)
	}
	p.runs("1.1")
	p.tidy()
	p.Violations(t)
}
