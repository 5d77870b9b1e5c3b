package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"golang.org/x/sync/errgroup"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox/proxy"
)

// distance is the time that is added to each call in the measurements: a
// region on another continent.
const distance = 100 * time.Millisecond

// strangers is how many foreign objects the crowded account holds.
const strangers = 5000

// TestFigures measures what a user waits for. Its limits are those that the
// project has set itself; times depend on the machine.
func TestFigures(t *testing.T) {
	if os.Getenv("KEYEDIN_BENCH") == "" {
		t.Skip("it takes minutes and measures times: run by make bench")
	}
	p := arrive(t)
	p.SetLatency(distance)
	first := p.must("apply", "--yes")
	record := p.Record()
	t.Logf("first apply: %d calls, %d of them changes of the infrastructure, in %.1f s; the longest row of calls one after the other has %d",
		len(record), len(record.Class(proxy.Change)), first.took.Seconds(), record.Depth())
	again(t, p, "second apply")

	p.SetLatency(0)
	crowd(t, p)
	p.SetLatency(distance)
	again(t, p, fmt.Sprintf("apply among %d foreign objects", strangers))

	keyedin := build(t)
	p.SetLatency(0)
	t.Logf("keyedin version: %v, the median of 21 starts", median(t, func() *exec.Cmd { return p.of(keyedin, "version") }, elapsed))
	t.Logf("keyedin plan: %v of CPU time, the median of 21 runs", median(t, func() *exec.Cmd { return p.of(keyedin, "plan") }, cpu))
}

// again measures an apply that has nothing to do.
func again(t *testing.T, p *place, what string) {
	t.Helper()
	p.Clear()
	r := p.must("apply", "--yes")
	record := p.Record()
	changes := record.Class(proxy.Change)
	t.Logf("%s: %d calls, %d one after the other, %d changes of the infrastructure, in %.1f s",
		what, len(record), record.Depth(), len(changes), r.took.Seconds())
	if len(record) > 70 || record.Depth() > 6 || len(changes) > 0 {
		t.Errorf("%s: the limits are 70 calls, 6 one after the other, and no change: %v", what, record.Count())
		for _, call := range record.Chain() {
			t.Logf("  %5d ms %v %s", call.Start.Sub(record[0].Start).Milliseconds(), call, call.Key)
		}
	}
}

// crowd fills the account with what is not ours, some of it named like ours.
func crowd(t *testing.T, p *place) {
	t.Helper()
	c := p.Config()
	groups, logs, roles, topics := ec2.NewFromConfig(c), cloudwatchlogs.NewFromConfig(c), iam.NewFromConfig(c), sns.NewFromConfig(c)
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	g, ctx := errgroup.WithContext(t.Context())
	g.SetLimit(8)
	for i := range strangers / 4 {
		name := aws.String(fmt.Sprintf("keyedin-other-%d", i))
		for _, create := range []func(context.Context) error{
			func(ctx context.Context) error {
				_, err := groups.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: name, Description: name})
				return err
			},
			func(ctx context.Context) error {
				_, err := logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: name})
				return err
			},
			func(ctx context.Context) error {
				_, err := roles.CreateRole(ctx, &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: &trust})
				return err
			},
			func(ctx context.Context) error {
				_, err := topics.CreateTopic(ctx, &sns.CreateTopicInput{Name: name})
				return err
			},
		} {
			g.Go(func() error { return create(ctx) })
		}
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}

// build builds the binary that users get: the test binary starts slower.
func build(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keyedin")
	if out, err := exec.Command("go", "build", "-ldflags=-s -w", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

// of is a run of another binary in this place.
func (p *place) of(binary string, args ...string) *exec.Cmd {
	c := p.command(args...)
	c.Path = binary
	return c
}

func elapsed(_ *exec.Cmd, wall time.Duration) time.Duration { return wall }

func cpu(c *exec.Cmd, _ time.Duration) time.Duration {
	return c.ProcessState.UserTime() + c.ProcessState.SystemTime()
}

func median(t *testing.T, command func() *exec.Cmd, of func(*exec.Cmd, time.Duration) time.Duration) time.Duration {
	t.Helper()
	var all []time.Duration
	for range 21 {
		c := command()
		start := time.Now()
		if err := c.Run(); err != nil {
			t.Fatal(err)
		}
		all = append(all, of(c, time.Since(start)))
	}
	slices.Sort(all)
	return all[len(all)/2].Round(100 * time.Microsecond)
}
