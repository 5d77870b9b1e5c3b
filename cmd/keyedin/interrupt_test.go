package main

import (
	"testing"
	"time"
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
