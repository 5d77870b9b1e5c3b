package enginetest

import (
	"context"
	"sync"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/state"
)

// Record is a recorder that keeps the state in memory, until the power is cut.
type Record struct {
	Cloud *Cloud
	// Lazy stores nothing but what is flushed: a store that never comes to it.
	Lazy  bool
	mu    sync.Mutex
	saved state.State
	kept  state.State
}

// NewRecord is a record that holds nothing yet.
func NewRecord(c *Cloud) *Record {
	return &Record{Cloud: c, kept: state.New("sample", "test", "123456789012", "us-east-1")}
}

// Save implements engine.Recorder: what is saved after the cut is lost.
func (r *Record) Save(s state.State) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.Cloud.IsCut() {
		return
	}
	r.saved = s
	if !r.Lazy {
		r.kept = s
	}
}

// Flush implements engine.Recorder.
func (r *Record) Flush(context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.Cloud.IsCut() {
		return ErrCut
	}
	if r.saved.Objects != nil {
		r.kept = r.saved
	}
	return nil
}

// State is what was saved last.
func (r *Record) State() state.State { r.mu.Lock(); defer r.mu.Unlock(); return r.kept.Clone() }

// Lose forgets everything, as when the stored object is deleted.
func (r *Record) Lose() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept, r.saved = state.New("sample", "test", "123456789012", "us-east-1"), state.State{}
}

// Run plans and applies a stack once, as a command would.
func Run(ctx context.Context, c *Cloud, r *Record, st, hints *engine.Stack) (*engine.Plan, engine.Outcome, error) {
	return RunWith(ctx, c, st, hints, engine.Options{Recorder: r})
}

// RunWith is Run with options, whose Recorder is a *Record.
func RunWith(ctx context.Context, c *Cloud, st, hints *engine.Stack, o engine.Options) (*engine.Plan, engine.Outcome, error) {
	e := engine.New(Kinds(c), Classify)
	last := o.Recorder.(*Record).State()
	scope := st
	if hints != nil {
		scope = hints
	}
	world, err := e.Observe(ctx, scope, last)
	if err != nil {
		return nil, engine.Outcome{}, err
	}
	o.RunID = "test"
	p := e.Plan(st, last, world, hints)
	out := e.Apply(ctx, p, o)
	return p, out, out.Err
}
