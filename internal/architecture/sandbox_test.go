package architecture_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyedin-app/keyedin-infra/internal/architecture"
	"github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/config"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/sandbox/bench"
	"github.com/keyedin-app/keyedin-infra/internal/state"
)

// site is the launch environment on an account of the test's own.
type site struct {
	t      *testing.T
	bench  *bench.Bench
	engine *engine.Engine
	facts  aws.Facts
	last   state.State
}

func newSite(t *testing.T, c config.Config) *site {
	b := bench.Start(t)
	clients := aws.NewClients(b.Config())
	clients.Delegation = nil // the public DNS knows nothing of the sandbox
	f, err := clients.Facts(t.Context(), aws.Questions{
		Project: c.Name, Environment: c.Environment, Zones: c.Network.Zones, Types: c.App.Instances.Types,
		Arch: config.Arch(c.App.Instances.Types[0]), BastionArch: "x86_64",
	})
	if err != nil {
		t.Fatal(err)
	}
	return &site{
		t: t, bench: b, engine: engine.New(aws.Kinds(clients), aws.Classify), facts: f,
		last: state.New(c.Name, c.Environment, f.Account, f.Region),
	}
}

func (s *site) Save(last state.State)       { s.last = last }
func (s *site) Flush(context.Context) error { return nil }

func (s *site) stack(c config.Config) *engine.Stack {
	return architecture.Build(c, s.facts, architecture.Keys{
		Bastion: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBfVqLm0yY3nq0pVQmKp0mYq2o1mS0yqgC0gJ8m1kWxY",
	})
}

// plan is what is left to do; hints is the stack a destroy looks for.
func (s *site) plan(st, hints *engine.Stack) *engine.Plan {
	s.t.Helper()
	look := st
	if hints != nil {
		look = hints
	}
	world, err := s.engine.Observe(s.t.Context(), look, s.last)
	if err != nil {
		s.t.Fatal(err)
	}
	p := s.engine.Plan(st, s.last, world, hints)
	for _, problem := range p.Problems {
		s.t.Fatalf("%s: %s", problem.Address, problem.Text)
	}
	return p
}

// carryOut goes from what is there to a stack.
func (s *site) carryOut(st, hints *engine.Stack) {
	s.t.Helper()
	p := s.plan(st, hints)
	ctx, cancel := context.WithTimeout(s.t.Context(), 4*time.Minute)
	defer cancel()
	var said []string
	out := s.engine.Apply(ctx, p, engine.Options{Recorder: s, RunID: "test", Attention: time.Minute, On: func(ev engine.Event) {
		said = append(said, ev.Address+" "+ev.Text)
	}})
	if out.Err != nil || len(out.Waiting)+len(out.Skipped) > 0 {
		s.settled(st, hints)
		s.t.Fatalf("%v; waiting %v, skipped %v\nlast said: %q", out.Err, out.Waiting, out.Skipped, said[max(0, len(said)-20):])
	}
}

// reach carries a config out, and holds that nothing is left to do.
func (s *site) reach(c config.Config) {
	s.t.Helper()
	s.carryOut(s.stack(c), nil)
	s.settled(s.stack(c), nil)
}

// settled says what is left to do.
func (s *site) settled(st, hints *engine.Stack) {
	s.t.Helper()
	for _, change := range s.plan(st, hints).Changes {
		s.t.Errorf("still wants to %s %s: %s", change.Action, change.Address, change.Reason)
		for _, f := range change.Fields {
			s.t.Errorf("  %s:\n%s", f.Field, cmp.Diff(f.Before, f.After))
		}
	}
}

// replaced are what a change of the config makes anew, or takes away.
func (s *site) replaced(c config.Config) []string {
	var list []string
	for _, change := range s.plan(s.stack(c), nil).Changes {
		if change.Action != engine.Create && change.Action != engine.Update {
			list = append(list, change.Address)
		}
	}
	return list
}

// The launch environment is built, calm, grown and shrunk as its config can
// be, and taken down to the bucket that stays.
func TestLaunchOnTheSandbox(t *testing.T) {
	t.Parallel()
	c := config.Default()
	c.Database.Protect = false
	s := newSite(t, c)
	s.reach(c)
	s.bench.Clear()
	s.plan(s.stack(c), nil)
	if calls := s.bench.Record(); len(calls) > 70 || calls.Depth() > 5 {
		t.Errorf("a look at it took %d calls, %d one after the other: %v", len(calls), calls.Depth(), calls.Count())
	}

	grown := c
	grown.App.Instances.Max, grown.App.HealthCheck = 9, "/up"
	grown.Database.Readers = 1
	grown.Bastion.Allow = nil
	grown.Alerts = []string{"dev@example.com"}
	if gone := s.replaced(grown); len(gone) > 0 {
		t.Errorf("growing replaces %v", gone)
	}
	s.reach(grown)

	small := grown
	small.Bastion.Type, small.Database.Readers = "none", 0
	gone := s.replaced(small)
	want := []string{
		"db-instance/reader-1", "instance-profile/bastion", "instance/bastion", "key-pair/bastion", "role/bastion",
		"security-group-rule/bastion-to-application", "security-group-rule/bastion-to-database", "security-group/bastion",
	}
	slices.Sort(gone)
	if diff := cmp.Diff(want, gone); diff != "" {
		t.Errorf("without bastion and reader:\n%s", diff)
	}
	s.reach(small)

	st := s.stack(small)
	s.carryOut(st.Empty(), st)
	s.settled(st.Empty(), st)
	for _, name := range s.bench.World(t).Names() {
		if kind, _, _ := strings.Cut(name, " "); name != "bucket bucket/private" && kind != "db-cluster-snapshot" && !strings.HasPrefix(name, "role AWSServiceRole") {
			t.Errorf("destroy left %s", name)
		}
	}
	s.bench.Violations(t)
}

// What a config can become of without losing anything: each change is carried
// out, and replaces no more than is said here.
func TestChangesOnTheSandbox(t *testing.T) {
	t.Parallel()
	c := config.Default()
	c.Environment, c.Network.Zones = "staging", 2
	c.Database.Engine = "5.7.mysql_aurora.2.12.5"
	s := newSite(t, c)
	s.reach(c)
	for _, step := range []struct {
		name     string
		edit     func()
		replaced []string
	}{
		{"a third zone", func() {
			c.Network.Zones = 3
			s.facts.Zones = append(s.facts.Zones[:2:2], bench.Region+"d")
		}, nil},
		{"MySQL 8.0", func() { c.Database.Engine = "aurora-mysql-8.0" }, []string{"db-cluster-parameter-group/main"}},
		{"serverless", func() { c.Database.Class, c.Database.Serverless = "", &config.Serverless{Min: 0.5, Max: 4} }, nil},
		{"tags", func() { c.Tags = map[string]string{"team": "web", "Name": "shop"} }, nil},
		{"a baked image", func() { s.facts.ImageIsBaked = true }, nil},
		{"another repository", func() { c.App.Repositories = []string{"keyedin/backend", "keyedin/worker"} }, []string{"repository/keyedin/nginx"}},
	} {
		step.edit()
		if diff := cmp.Diff(step.replaced, s.replaced(c)); diff != "" {
			t.Errorf("%s replaces:\n%s", step.name, diff)
		}
		s.reach(c)
	}
	s.bench.Violations(t)
}
