package aws

import (
	"context"
	"testing"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/state"
)

// recorder keeps the last state that the engine saved.
type recorder struct{ last state.State }

func (r *recorder) Save(s state.State)          { r.last = s }
func (r *recorder) Flush(context.Context) error { return nil }

// Tags of the config reach every object that is there already, and go from it
// when they go from the config; others' stay.
func TestTagsOfTheConfig(t *testing.T) {
	a := newLived(t)
	e := engine.New(Kinds(a.Clients), Classify)
	fresh := state.New("sample", "test", "123456789012", "us-east-1")
	stack := func(tags map[string]string) *engine.Stack {
		st := engine.NewStack("sample", "test", tags)
		role := engine.Add(st, "server", serverRole(st, "server", "s3:GetObject"))
		engine.Add(st, "server", InstanceProfile{Name: "sample-test-server", Path: RolePath("test"), Role: role})
		application := engine.Add(st, "app", Application{Name: "sample-test", Platform: PlatformServer})
		engine.Add(st, "app", DeploymentGroup{
			Name: "app", Application: application, Role: RoleARN(role), Config: "CodeDeployDefault.OneAtATime", Outdated: "UPDATE",
		})
		topic := engine.Add(st, "alerts", Topic{Name: "sample-test-alerts"})
		engine.Add(st, "app", LogGroup{Name: "/sample/test/app", Days: 7})
		engine.Add(st, "errors", Alarm{
			Name: "sample-test-errors", Namespace: "AWS/EC2", Metric: "CPUUtilization", Statistic: "Average", Period: 60, Periods: 1,
			Datapoints: 1, Comparison: "GreaterThanThreshold", Missing: "missing", Actions: engine.Set[engine.Ref[Topic]]{topic},
		})
		return st
	}
	observe := func(st *engine.Stack, last state.State) engine.World {
		world, err := e.Observe(t.Context(), st, last)
		a.must(world, err)
		return world
	}
	r := &recorder{fresh}
	for _, tags := range []map[string]string{{"team": "web", "cost": "1"}, {"cost": "2"}} {
		st := stack(tags)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		out := e.Apply(ctx, e.Plan(st, r.last, observe(st, r.last), nil), engine.Options{
			Recorder: r, RunID: "tags", On: func(ev engine.Event) { t.Log(ev.Address, ev.Phase, ev.Text) },
		})
		if out.Err != nil {
			t.Fatal(out.Err)
		}
	}
	st := stack(map[string]string{"cost": "2"})
	for _, o := range observe(st, fresh) { // nothing recorded: the tags themselves are read
		tags, _ := o.Document["tags"].(map[string]any)
		if _, kept := tags["team"]; kept || tags["cost"] != "2" || o.Address == "" {
			t.Errorf("%s %s has tags %v", o.Kind, o.ID, tags)
		}
	}
	if p := e.Plan(st, fresh, observe(st, fresh), nil); len(p.Changes) > 0 {
		t.Errorf("a plan without the state wants to change %v", p.Changes)
	}
}
