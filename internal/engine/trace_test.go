package engine_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/engine/enginetest"
)

// trace is what an apply was seen to do.
type trace struct {
	plan   *engine.Plan
	out    engine.Outcome
	events []engine.Event
	stop   time.Time
}

func (tr trace) when(address string, deleted bool, phase engine.Phase) (time.Time, bool) {
	i := slices.IndexFunc(tr.events, func(e engine.Event) bool {
		return e.Address == address && (e.Action == engine.Delete) == deleted && e.Phase == phase
	})
	if i < 0 {
		return time.Time{}, false
	}
	return time.Unix(int64(i), 0), true // what counts is the order
}

// run plans and applies, and traces.
func (tr *trace) run(ctx context.Context, c *enginetest.Cloud, r *enginetest.Record, st *engine.Stack, stop chan struct{}) {
	tr.plan, tr.out, _ = enginetest.RunWith(ctx, c, st, nil, engine.Options{
		Recorder: r, Stop: stop, On: func(e engine.Event) { tr.events = append(tr.events, e) },
	})
}

// addsUp reports what does not: each task begins and ends once at most, and the
// outcome counts the ends.
func (tr trace) addsUp() error {
	count := map[string]int{}
	ends := map[engine.Phase][]string{}
	for _, e := range tr.events {
		switch e.Phase {
		case engine.Done, engine.Erred, engine.Skipped, engine.Stopped, engine.Person:
			ends[e.Phase] = append(ends[e.Phase], e.Address)
			count[string(e.Phase)]++
			if e.Phase == engine.Done {
				count[string(e.Action)]++
			}
		}
	}
	tasks := len(tr.plan.Changes) + tr.plan.Count(engine.Replace)
	ended := count[string(engine.Done)] + count[string(engine.Erred)] + count[string(engine.Skipped)] + count[string(engine.Stopped)] + count[string(engine.Person)]
	left := slices.Concat(ends[engine.Skipped], ends[engine.Stopped])
	slices.Sort(left)
	skipped := slices.Sorted(slices.Values(tr.out.Skipped))
	failed := 0
	if tr.out.Err != nil {
		failed = strings.Count(tr.out.Err.Error(), "\n") + 1
	}
	switch {
	case ended != tasks:
		return fmt.Errorf("%d tasks ended, %d were planned", ended, tasks)
	case tr.out.Created != count["create"]+count["replace"] || tr.out.Updated != count["change"] || tr.out.Deleted != count["delete"]:
		return fmt.Errorf("outcome %+v, seen %v", tr.out, count)
	case !slices.Equal(slices.Compact(left), skipped):
		return fmt.Errorf("outcome skipped %v, seen %v", skipped, left)
	case failed != count[string(engine.Erred)]:
		return fmt.Errorf("%d errors, seen %v", failed, count)
	}
	return nil
}

// ordered reports what began before what it needs was there, or was taken away
// before what needed it.
func (tr trace) ordered(before, after *engine.Stack) error {
	first := slices.ContainsFunc(tr.plan.Changes, func(c engine.Change) bool { return c.DeleteFirst })
	for _, c := range tr.plan.Changes {
		doc, _ := after.Document(c.Address)
		begun, ok := tr.when(c.Address, false, engine.Started)
		for _, edge := range doc.Edges() {
			planned := slices.ContainsFunc(tr.plan.Changes, func(o engine.Change) bool { return o.Address == edge && o.Action != engine.Delete })
			if there, done := tr.when(edge, false, engine.Done); ok && planned && (!done || there.After(begun)) {
				return fmt.Errorf("%s began before %s was there", c.Address, edge)
			}
		}
		begun, ok = tr.when(c.Address, true, engine.Started)
		if !ok {
			continue
		}
		for _, other := range tr.plan.Changes {
			made, done := tr.when(other.Address, false, engine.Done)
			if other.Action != engine.Delete && !first && (!done || made.After(begun)) {
				return fmt.Errorf("%s is deleted before %s is made", c.Address, other.Address)
			}
			was, _ := before.Document(other.Address)
			gone, done := tr.when(other.Address, true, engine.Done)
			leaves := other.Action == engine.Delete || other.Action == engine.Replace
			if leaves && slices.Contains(was.Edges(), c.Address) && (!done || gone.After(begun)) {
				return fmt.Errorf("%s is deleted before %s, which names it", c.Address, other.Address)
			}
		}
	}
	return nil
}
