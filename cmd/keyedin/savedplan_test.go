package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

func (p *place) file(name string) string { return filepath.Join(p.dir, name) }

func (p *place) read(name string) string {
	p.t.Helper()
	raw, err := os.ReadFile(p.file(name))
	if err != nil {
		p.t.Fatal(err)
	}
	return string(raw)
}

func (p *place) write(name, text string) {
	p.t.Helper()
	if err := os.WriteFile(p.file(name), []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

func daysOfBackup(days string) func(string) string {
	return func(config string) string { return strings.Replace(config, "backup-days: 7", "backup-days: "+days, 1) }
}

// A saved plan does what it has shown, once, or nothing.
func TestSavedPlan(t *testing.T) {
	t.Parallel()
	p := arrive(t)
	first := p.run("plan", "--out", "first.plan")
	first.says(t, 0, "keyedin apply first.plan")
	if mode, err := os.Stat(p.file("first.plan")); err != nil || mode.Mode().Perm() != 0o600 {
		t.Errorf("the plan's mode: %v, %v", mode.Mode(), err)
	}
	p.edited("first.plan")
	p.elsewhere("first.plan")
	if n := len(p.World(t)); n > 0 {
		t.Fatalf("something was made: %v", p.World(t).Names())
	}
	p.must("apply", "first.plan")
	p.settled()
	p.run("apply", "first.plan").says(t, 1, "was applied before", "plan again")

	p.edit(daysOfBackup("8"))
	p.must("plan", "--out", "stale.plan")
	p.edit(func(config string) string { return strings.Replace(config, "backup-days: 8", "backup-days: 9", 1) })
	p.run("apply", "stale.plan").says(t, 1, "moved since the plan was made", "db-cluster/main", "keyedin plan")
	p.must("apply", "--yes")
	p.settled()
}

// edited refuses a plan that was changed after it was made, or is none.
func (p *place) edited(name string) {
	p.t.Helper()
	plan := p.read(name)
	var fields map[string]any
	if err := json.Unmarshal([]byte(plan), &fields); err != nil {
		p.t.Fatal(err)
	}
	for file, c := range map[string]struct{ text, words string }{
		"edited.plan":  {strings.Replace(plan, `"production"`, `"staging"`, 1), "was changed after it was written"},
		"garbage.plan": {"hello", "is not a plan"},
		"cut.plan":     {plan[:len(plan)/2], "is not a plan"},
		"empty.plan":   {"", "is not a plan"},
		"newer.plan":   {strings.Replace(plan, `"keyedin-plan": 1`, `"keyedin-plan": 2`, 1), "newer keyedin"},
	} {
		p.write(file, c.text)
		p.run("apply", file).says(p.t, 1, file, c.words)
	}
	p.run("apply", "nowhere.plan").says(p.t, 1, "nowhere.plan", "cannot be read")
}

// elsewhere refuses a plan that was made for another environment.
func (p *place) elsewhere(name string) {
	p.t.Helper()
	staging := strings.Replace(p.read("keyedin.yaml"), "environment: production", "environment: staging", 1)
	p.write("staging.yaml", staging)
	p.run("apply", "--config", "staging.yaml", name).says(p.t, 1, "the saved plan is for", "production", "staging")
}

// A plan that is not what it was made from is refused, whoever moved it.
func TestSavedPlanOfAnotherWorld(t *testing.T) {
	t.Parallel()
	p := arrive(t)
	p.must("plan", "--out", "first.plan")
	p.must("apply", "--yes")
	p.run("apply", "first.plan").says(t, 1, "moved since the plan was made", "and ", " more")
	p.settled()
}

// Who moved it is said: the run that was recorded since or, for what was done by
// hand, whom AWS knows.
func TestSavedPlanSaysWhoMovedIt(t *testing.T) {
	t.Parallel()
	p := applied(t, unprotected)
	p.edit(daysOfBackup("8"))
	p.must("plan", "--out", "first.plan")
	p.by("alice", func(h hand) {
		_, err := h.ec2.AuthorizeSecurityGroupIngress(h, &ec2.AuthorizeSecurityGroupIngressInput{
			GroupId: h.group("bastion").GroupId, IpProtocol: aws.String("tcp"), FromPort: aws.Int32(22), ToPort: aws.Int32(22), CidrIp: aws.String("0.0.0.0/0"),
		})
		h.no(err)
	})
	p.run("apply", "first.plan").says(t, 1, "moved since the plan was made: security-group/bastion", "AuthorizeSecurityGroupIngress by alice")
	p.env = []string{"KEYEDIN_USER=bob"}
	p.must("apply", "--yes")
	p.run("apply", "first.plan").says(t, 1, "Since then: keyedin apply by bob")
	p.Violations(t)
}

// by does something with the keys of a user of the account.
func (p *place) by(user string, do func(hand)) {
	p.t.Helper()
	h := p.hand()
	_, err := h.iam.CreateUser(h, &iam.CreateUserInput{UserName: aws.String(user)})
	h.no(err)
	key, err := h.iam.CreateAccessKey(h, &iam.CreateAccessKeyInput{UserName: aws.String(user)})
	h.no(err)
	c := p.Config()
	c.Credentials = credentials.NewStaticCredentialsProvider(aws.ToString(key.AccessKey.AccessKeyId), aws.ToString(key.AccessKey.SecretAccessKey), "")
	h.ec2 = ec2.NewFromConfig(c)
	do(h)
}
