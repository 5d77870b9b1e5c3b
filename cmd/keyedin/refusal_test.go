package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox/proxy"
)

// untouched checks that a command has changed nothing.
func (p *place) untouched(before any) {
	p.t.Helper()
	if d := cmp.Diff(before, any(p.World(p.t))); d != "" {
		p.t.Errorf("the account was changed (-before +after):\n%s", d)
	}
}

// What keeps every call from being answered has a message of its own, and
// nothing is half-written.
func TestRefusedBeforeAnything(t *testing.T) {
	t.Parallel()
	denied := func(action string) *proxy.Error {
		return proxy.Denied("arn:aws:iam::123456789012:user/ops", action)
	}
	for name, c := range map[string]struct {
		rule  proxy.Rule
		words []string
	}{
		"expired session": {proxy.Rule{Error: proxy.Expired()}, []string{"expired", "aws sso login"}},
		"unknown key": {
			proxy.Rule{Error: &proxy.Error{Code: "InvalidClientTokenId", Message: "The security token included in the request is invalid.", Status: 403}},
			[]string{"aws sts get-caller-identity"},
		},
		"denied to read":  {proxy.Rule{Operation: "ec2:DescribeVpcs", Error: denied("ec2:DescribeVpcs")}, []string{"user/ops", "ec2:DescribeVpcs", "Allow it"}},
		"denied to lock":  {proxy.Rule{Operation: "s3:PutObject", Error: denied("s3:PutObject")}, []string{"s3:PutObject", "Allow it"}},
		"denied to state": {proxy.Rule{Operation: "s3:GetObject", Error: denied("s3:GetObject")}, []string{"s3:GetObject", "Allow it"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := arrive(t)
			p.makeBucket()
			c.rule.Name = name
			p.Add(c.rule)
			before := any(p.World(t))
			commands := [][]string{{"plan"}, {"apply", "--yes"}, {"status"}}
			if name == "denied to lock" {
				commands = commands[1:2] // who only looks needs no lock
			}
			for _, command := range commands {
				r := p.run(command...)
				r.says(t, 1, c.words...)
				if n := strings.Count(r.err, c.words[len(c.words)-1]); n != 1 {
					t.Errorf("%v says it %d times:\n%s", command, n, r.err)
				}
			}
			p.untouched(before)
			p.Calm()
			p.run("unlock").prints(t, "is not locked")
		})
	}
}

// A denied action stops what depends on it and nothing else; once it is
// allowed the next apply goes on.
func TestDeniedInTheMiddle(t *testing.T) {
	t.Parallel()
	p := arrive(t)
	p.Add(proxy.Rule{Name: "denied", Operation: "ec2:CreateSubnet", Error: proxy.Denied("arn:aws:iam::123456789012:user/ops", "ec2:CreateSubnet")})
	r := p.run("apply", "--yes")
	r.says(t, 1, "user/ops", "ec2:CreateSubnet", "Allow it", "subnet/public-a", "Left undone: ")
	world := p.World(t).Kinds()
	if world["vpc"] != 1 || world["subnet"] != 0 || world["repository"] == 0 {
		t.Errorf("what does not depend on subnets was to be made: %v", world)
	}
	p.run("history").prints(t, "failed")
	p.Calm()
	p.must("apply", "--yes")
	p.settled()
}

// A session that ends in the middle is said once, whatever else it breaks; the
// lock that could not be released is nobody's business afterwards.
func TestSessionEndsInTheMiddle(t *testing.T) {
	t.Parallel()
	p := arrive(t)
	p.Add(proxy.Rule{Name: "expired", Error: proxy.Expired(), Skip: 120})
	r := p.run("apply", "--yes")
	r.says(t, 1, "expired", "aws sso login")
	_, end, _ := strings.Cut(r.err, "Error: ")
	if n := strings.Count(end, "aws sso login"); n != 1 {
		t.Errorf("it is said %d times:\n%s", n, r.err)
	}
	p.Calm()
	p.must("apply", "--yes")
	if w := p.World(t).Kinds(); w["vpc"] != 1 || w["db-cluster"] > 1 {
		t.Errorf("objects were lost or doubled: %v", w)
	}
	p.settled()
}

// The wrong account is refused before it is touched.
func TestWrongAccount(t *testing.T) {
	t.Parallel()
	p := arrive(t, func(config string) string {
		return strings.Replace(config, `account: ""`, `account: "210987654321"`, 1)
	})
	before := any(p.World(t))
	for _, command := range [][]string{{"plan"}, {"apply", "--yes"}, {"status"}} {
		p.run(command...).says(t, 1, "210987654321", p.Account)
	}
	p.untouched(before)
	if n := len(p.Record().Class(proxy.Change)); n > 0 {
		t.Errorf("%d changing calls: %v", n, p.Record().Class(proxy.Change).Count())
	}
}

// A name for the private bucket that someone else has taken.
func TestBucketOfSomeoneElse(t *testing.T) {
	t.Parallel()
	p := arrive(t)
	denied := &proxy.Error{Code: "AccessDenied", Message: "Access Denied", Status: 403}
	p.Add(proxy.Rule{
		Name: "taken", Operation: "s3:CreateBucket",
		Error: &proxy.Error{Code: "BucketAlreadyExists", Status: 409, Message: "The requested bucket name is not available. The bucket namespace is shared by all users of the system."},
	})
	p.Add(proxy.Rule{Name: "not ours", Operation: "s3:*", Match: func(c proxy.Call) bool { return c.Name != "ListBuckets" }, Error: denied})
	for _, command := range [][]string{{"plan"}, {"apply", "--yes"}} {
		p.run(command...).says(t, 1, privateBucket, "storage.private")
	}
	if n := len(p.World(t)); n != 0 {
		t.Errorf("something was made: %v", p.World(t).Names())
	}
}

// Who may not delete the lock is told so before anything is changed, and the
// lock does not stick.
func TestDeniedToDeleteTheLock(t *testing.T) {
	t.Parallel()
	p := arrive(t)
	p.Add(proxy.Rule{Name: "denied", Operation: "s3:DeleteObject", Error: proxy.Denied("arn:aws:iam::123456789012:user/ops", "s3:DeleteObject")})
	r := p.must("apply", "--yes")
	if n := strings.Count(r.err, "s3:DeleteObject on"); n != 1 {
		t.Errorf("it is said %d times: %s", n, r.err)
	}
	said, _, _ := strings.Cut(r.err, "s3:DeleteObject on")
	if strings.Contains(said, "vpc/main") {
		t.Errorf("it was said after something was made: %s", r.err)
	}
	p.settled()
}
