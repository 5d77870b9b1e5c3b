package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/state"
)

// Recorder keeps the state while an apply runs. Save never blocks on the
// store; Flush returns once the last saved state is stored.
type Recorder interface {
	Save(state.State)
	Flush(context.Context) error
}

// Options are what an apply needs beside the plan.
type Options struct {
	// Recorder keeps the state; every id is given to it as soon as it is known.
	Recorder Recorder
	// Stop, when closed, lets nothing new start: what is under way is recorded.
	// The context ends everything at once.
	Stop <-chan struct{}
	// On is called with each event, one at a time.
	On func(Event)
	// RunID names the run in journal entries.
	RunID string
	// Attention is how long an object a person must act on is watched before
	// the run goes on without it; 0 gives it up at the first sight.
	Attention time.Duration
}

// limit bounds how many objects are worked on at once; each service's own
// rate limit is the clients' business.
const limit = 32

var (
	errStopped = errors.New("stopped")
	errPerson  = errors.New("waits for a person")
)

// run is one apply under way.
type run struct {
	*Engine
	Options
	plan    *Plan
	readers map[string]*reader
	leaving map[string]bool // objects that are never the ones being made

	mu      sync.Mutex
	live    map[string]Object // address → as last read
	state   state.State
	outcome Outcome
	changed chan struct{} // closed and replaced when live or a task changes
	events  sync.Mutex
}

// Apply carries a plan out. It returns when everything is done or cannot go
// on; the outcome says what came of it, with the errors joined in Err.
func (e *Engine) Apply(ctx context.Context, p *Plan, o Options) Outcome {
	r := &run{
		Engine: e, Options: o, plan: p, readers: map[string]*reader{}, live: map[string]Object{}, leaving: map[string]bool{},
		state: p.last.Clone(), changed: make(chan struct{}),
	}
	if r.On == nil {
		r.On = func(Event) {}
	}
	for _, k := range e.kinds {
		r.readers[k.Name] = &reader{}
	}
	for _, c := range p.Changes {
		if c.Action == Delete && c.live.Status != Deleting || c.Action == Replace && !c.DeleteFirst {
			r.leaving[key(*c.live)] = true
		}
	}
	r.adopt()
	tasks := r.tasks()
	r.walk(ctx, tasks)
	if err := o.Recorder.Flush(context.WithoutCancel(ctx)); err != nil {
		r.outcome.Err = errors.Join(r.outcome.Err, fmt.Errorf("record the state: %w", err))
	}
	return r.outcome
}

// adopt records what the plan found: objects that stay, and forgets those
// that are gone.
func (r *run) adopt() {
	for address := range maps.Keys(r.state.Objects) {
		_, wanted := r.plan.stack.objects[address]
		live := r.plan.index.at[address] || r.plan.index.live[keyOf(kindOf(address), r.plan.last.Objects[address].ID)]
		if !wanted && !live {
			delete(r.state.Objects, address)
		}
	}
	changing := map[string]bool{}
	for _, c := range r.plan.Changes {
		changing[c.Address] = changing[c.Address] || c.Action == Update
	}
	maps.Copy(r.live, r.plan.kept)
	for address, o := range r.plan.kept {
		r.note(address, o, !changing[address])
	}
	r.outcome.Recovered = slices.Clone(r.plan.Recovered)
	if r.plan.unrecorded {
		r.Recorder.Save(r.state.Clone())
	}
}

// note puts a live object into the state. Its document is what was applied
// last, so it changes only once what is wanted is done. The caller saves.
func (r *run) note(address string, o Object, done bool) {
	was := r.state.Objects[address]
	is := state.Object{
		Kind: o.Kind, ID: o.ID, Document: was.Document, Since: was.Since,
		Edges: r.plan.stack.objects[address].Edges(),
	}
	if done {
		is.Document = r.resolved(address).JSON()
	} else {
		is.Edges = slices.Compact(slices.Sorted(slices.Values(slices.Concat(was.Edges, is.Edges))))
	}
	if is.Since.IsZero() || was.ID != o.ID {
		is.Since = time.Now().UTC().Truncate(time.Second)
	}
	r.state.Objects[address] = is
}

// record notes a task's live object and has the state saved.
func (r *run) record(t *task, o Object) {
	r.mu.Lock()
	defer r.mu.Unlock()
	address := t.change.Address
	r.live[address] = o
	was := r.state.Objects[address]
	r.note(address, o, t.action != Update || !t.asked.IsZero() || t.met)
	if is := r.state.Objects[address]; was.ID != is.ID || was.Journal != nil || !bytes.Equal(was.Document, is.Document) {
		r.Recorder.Save(r.state.Clone())
	}
	r.wake()
}

// wake lets the walk look again. The caller holds mu.
func (r *run) wake() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// resolved is the wanted document with all that is known by now. The caller
// holds mu, or nothing runs yet.
func (r *run) resolved(address string) Document {
	kind, _ := r.kind(kindOf(address))
	return kind.resolved(r.plan.stack.objects[address], r.look)
}

func (r *run) look(address, attribute string) (any, bool) {
	o, ok := r.live[address]
	if !ok {
		return nil, false
	}
	return o.attribute(attribute)
}

func (r *run) emit(t *task, phase Phase, text string) {
	r.events.Lock()
	defer r.events.Unlock()
	e := Event{At: time.Now(), Address: t.change.Address, Action: t.action, Phase: phase, Text: text, Usual: t.usual()}
	if !t.started.IsZero() {
		e.Elapsed = e.At.Sub(t.started)
	}
	r.On(e)
}

// read reads a kind, sharing the read with whoever else waits for the kind.
// What it returns was read after the task last looked, or last changed something.
func (r *run) read(ctx context.Context, t *task) ([]Object, error) {
	kind := t.kind
	objects, at, err := r.readers[kind.Name].since(ctx, t.seen, func() ([]Object, error) {
		r.mu.Lock()
		scope := NewScope(r.plan.stack.Project, r.plan.stack.Environment, expected(r.plan.scopeStack(), r.state, r.look))
		r.mu.Unlock()
		return kind.read(ctx, scope)
	})
	t.seen = at
	return objects, err
}

// scopeStack is the stack whose names reads look for: for a destroy the hints,
// as nothing is wanted.
func (p *Plan) scopeStack() *Stack {
	if len(p.stack.order) == 0 && p.hints != nil {
		return p.hints
	}
	return p.stack
}
