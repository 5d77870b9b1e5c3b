package aws

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/sandbox/bench"
)

// What is recorded is read in one round of calls, and their number follows from
// the environment alone.
func TestReadsAreFew(t *testing.T) {
	t.Parallel()
	b := bench.Start(t)
	c := NewClients(b.Config())
	expect := func(kind, name, id string, more engine.Document) engine.Expected {
		doc := engine.Document{"name": name}
		for field, value := range more {
			doc[field] = value
		}
		return engine.Expected{Kind: kind, Address: kind + "/" + name, ID: id, Document: doc}
	}
	scope := engine.NewScope("sample", "test", []engine.Expected{
		expect("role", "server", "server", nil), expect("role", "deploy", "deploy", nil),
		expect("instance-profile", "server", "server", nil),
		expect("codedeploy-application", "app", "app", nil),
		expect("codedeploy-deployment-group", "app", "app/app", engine.Document{"application": "app"}),
		expect("topic", "alerts", "arn:aws:sns:us-east-1:123456789012:alerts", nil),
		expect("log-group", "/sample/test/app", "/sample/test/app", nil),
		expect("log-group", "/sample/test/web", "/sample/test/web", nil),
		expect("log-group", "/aws/rds/cluster/sample-test/error", "/aws/rds/cluster/sample-test/error", nil),
		expect("log-group", "/aws/rds/cluster/sample-test/audit", "/aws/rds/cluster/sample-test/audit", nil),
		expect("alarm", "errors", "errors", nil), expect("alarm", "slow", "slow", nil),
	})
	reads := map[string]func(context.Context) error{
		"role":                        func(ctx context.Context) error { _, err := roles{c}.Read(ctx, scope); return err },
		"instance-profile":            func(ctx context.Context) error { _, err := instanceProfiles{c}.Read(ctx, scope); return err },
		"codedeploy-application":      func(ctx context.Context) error { _, err := applications{c}.Read(ctx, scope); return err },
		"codedeploy-deployment-group": func(ctx context.Context) error { _, err := deploymentGroups{c}.Read(ctx, scope); return err },
		"topic":                       func(ctx context.Context) error { _, err := topics{c}.Read(ctx, scope); return err },
		"log-group":                   func(ctx context.Context) error { _, err := logGroups{c}.Read(ctx, scope); return err },
		"alarm":                       func(ctx context.Context) error { _, err := alarms{c}.Read(ctx, scope); return err },
	}
	want := map[string]int{
		"role": 5, "instance-profile": 1, "codedeploy-application": 1, "codedeploy-deployment-group": 1,
		"topic": 2, "log-group": 2, "alarm": 1,
	}
	got := map[string]int{}
	for kind, read := range reads {
		before := len(b.Record())
		if err := read(t.Context()); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		got[kind] = len(b.Record()) - before
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("calls (-want +got):\n%s", d)
	}
}
