package main

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// One works; the other names it and leaves everything alone. Who only looks is
// not in the way.
func TestTwoAppliesAtOnce(t *testing.T) {
	t.Parallel()
	p := arrive(t)
	at, release := p.hold("ec2:CreateVpc")
	first := p.start("apply", "--yes")
	await(t, "the first apply's VPC", at)
	p.run("apply", "--yes").says(t, 3, "production is locked by ", "running `keyedin apply`", "since ", "last heartbeat", "keyedin unlock")
	p.run("destroy", "--yes", "--environment", "production", "--lift-protection").says(t, 3, "production is locked by ")
	locked := p.run("apply", "--yes", "--json")
	if got := p.object(locked); got["exit-code"] != 3.0 || !strings.Contains(got["error"].(string), "locked by") {
		t.Errorf("in JSON: %v", got)
	}
	p.run("plan").prints(t, "vpc/main")
	status := p.run("status")
	status.prints(t, "lock ", "`keyedin apply` since ")
	if lock, _ := p.object(p.run("status", "--json"))["lock"].(map[string]any); lock["command"] != "keyedin apply" {
		t.Errorf("the lock in JSON: %v", lock)
	}
	release()
	if r := first.end(); r.code != 0 {
		t.Errorf("the first ended with %d:\n%s", r.code, r.err)
	}
	p.settled()
	p.run("unlock").prints(t, "production is not locked")
}

// Whoever was killed on this machine is known to be dead.
func TestDeadHolder(t *testing.T) {
	t.Parallel()
	p := arrive(t)
	at, release := p.hold("ec2:CreateVpc")
	killed := p.start("apply", "--yes")
	await(t, "the VPC", at)
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	killed.end()
	release()
	p.run("unlock").says(t, 1, "nobody is at the terminal", "--yes")
	if r := p.must("apply", "--yes"); r.took > time.Minute {
		t.Errorf("taking over took %v", r.took)
	}
	if vpcs := p.World(t).Kinds()["vpc"]; vpcs != 1 {
		t.Errorf("there are %d VPCs", vpcs)
	}
	p.run("history").prints(t, "cut short", "done")
	runs := p.object(p.run("history", "--json"))["runs"].([]any)
	if last := runs[len(runs)-1].(map[string]any); len(runs) != 2 || last["outcome"] != "done" || runs[0].(map[string]any)["outcome"] != nil {
		t.Errorf("the history: %v", runs)
	}
	if one := p.object(p.run("history", "--json", "-n", "1"))["runs"].([]any); len(one) != 1 || one[0].(map[string]any)["outcome"] != "done" {
		t.Errorf("the last run alone: %v", one)
	}
}

// Whoever works on after its lock was taken away must stop, and write nothing.
func TestUnlockOfALiveHolder(t *testing.T) {
	t.Parallel()
	p := arrive(t)
	at, release := p.hold("ec2:CreateVpc")
	first := p.start("apply", "--yes")
	await(t, "the VPC", at)
	p.run("unlock", "--yes").prints(t, "production is locked by ", "running `keyedin apply`", "production is free.")
	p.run("unlock").prints(t, "is not locked")
	release()
	r := first.end()
	r.says(t, 1, "the lock was lost", "type the command again")
	p.must("apply", "--yes")
	p.settled()
}

// A lock whose content is lost is one all the same, and can be taken away.
func TestLockThatSaysNothing(t *testing.T) {
	t.Parallel()
	p := arrive(t)
	p.makeBucket()
	if _, err := p.s3().PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String(privateBucket), Key: aws.String("infrastructure/production.lock"), Body: strings.NewReader("garbage"),
	}); err != nil {
		t.Fatal(err)
	}
	p.run("apply", "--yes").says(t, 3, "locked by someone who left no name", "keyedin unlock")
	p.run("status").prints(t, "someone who left no name, at work since ")
	p.run("unlock", "--yes").prints(t, "production is free.")
	p.run("unlock").prints(t, "is not locked")
}
