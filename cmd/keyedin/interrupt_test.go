package main

import (
	"strings"
	"testing"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox/bench"
)

// Ctrl-C once lets what is under way end, records it and frees the lock.
func TestInterruptOnce(t *testing.T) {
	t.Parallel()
	p := arrive(t)
	at, release := p.hold("ec2:CreateVpc")
	first := p.start("apply", "--yes")
	await(t, "the VPC", at)
	first.interrupt("Interrupted: finishing what is under way")
	release()
	first.end().says(t, 130, "interrupted", "goes on from there")
	p.run("unlock").prints(t, "is not locked")
	p.run("history").prints(t, "interrupted")
	world := p.World(t).Kinds()
	if world["vpc"] != 1 || world["subnet"] != 0 {
		t.Errorf("what was under way was to end, and nothing to start: %v", world)
	}
	p.must("apply", "--yes")
	p.settled()
}

// Ctrl-C twice does not wait for AWS.
func TestInterruptTwice(t *testing.T) {
	t.Parallel()
	p := arrive(t)
	at, release := p.hold("ec2:CreateVpc")
	first := p.start("apply", "--yes")
	await(t, "the VPC", at)
	first.interrupt("Press Ctrl-C again to stop now")
	start := time.Now()
	first.signal(interruptSignal)
	first.end().says(t, 130)
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("stopping at once took %v", took)
	}
	p.run("unlock").prints(t, "is not locked")
	release()
	p.must("apply", "--yes")
	if vpcs := p.World(t).Kinds()["vpc"]; vpcs != 1 {
		t.Errorf("there are %d VPCs", vpcs)
	}
	p.settled()
}

// Before anything is changed one Ctrl-C ends it.
func TestInterruptWhileReading(t *testing.T) {
	t.Parallel()
	for _, command := range [][]string{{"plan"}, {"apply", "--yes"}, {"status"}} {
		t.Run(command[0], func(t *testing.T) {
			t.Parallel()
			p := arrive(t)
			p.makeBucket()
			at, release := p.hold("ec2:DescribeVpcs")
			r := p.start(command...)
			await(t, "a read", at)
			r.signal(interruptSignal)
			r.end().says(t, 130, "interrupted")
			release()
			p.run("unlock").prints(t, "is not locked")
			if n := p.World(t).Kinds()["vpc"]; n != 0 {
				t.Errorf("%d VPCs were made", n)
			}
		})
	}
}

// A wait that has no end is given up at once, and its certificate is gone on
// with.
func TestInterruptWhileWaiting(t *testing.T) {
	t.Parallel()
	p := ironside(t, bench.Stern{NeverValidates: true})
	first := p.start("apply", "--yes")
	for start := time.Now(); strings.Count(first.err.String(), "✓ created db-instance/writer") == 0; time.Sleep(100 * time.Millisecond) {
		if time.Since(start) > 2*time.Minute {
			t.Fatalf("the database is not made:\n%s", first.err.String())
		}
	}
	start := time.Now()
	first.signal(interruptSignal)
	first.end().says(t, 130, "certificate/main was interrupted")
	if took := time.Since(start); complete() && took > 2*time.Second { // a sweep has the machine for itself
		t.Errorf("it stopped after %v", took)
	}
	p.run("unlock").prints(t, "is not locked")
	before := p.certificate()
	p.Stern(t, bench.Stern{})
	p.must("apply", "--yes")
	if after := p.certificate(); after != before {
		t.Errorf("another certificate was made: %s, %s", before, after)
	}
	p.settled()
}
