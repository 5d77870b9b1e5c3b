package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/state"
)

// Engine plans and applies stacks made of the kinds it was given.
type Engine struct {
	// Words puts an error that is waited out into a few words; nil: its own text.
	Words func(error) string

	kinds    []Kind
	classify Classifier
}

func (e *Engine) words(err error) string {
	if e.Words == nil {
		return err.Error()
	}
	return e.Words(err)
}

// New makes an engine of kinds, and of the table that says what their errors
// mean.
func New(kinds []Kind, classify Classifier) *Engine {
	return &Engine{kinds: kinds, classify: classify}
}

func (e *Engine) kind(name string) (Kind, bool) {
	i := slices.IndexFunc(e.kinds, func(k Kind) bool { return k.Name == name })
	if i < 0 {
		return Kind{}, false
	}
	return e.kinds[i], true
}

// World is what is live: the environment's objects, of every kind.
type World []Object

// Of returns the objects of one kind.
func (w World) Of(kind string) []Object {
	var of []Object
	for _, o := range w {
		if o.Kind == kind {
			of = append(of, o)
		}
	}
	return of
}

// At returns the live object of an address, if there is one.
func (w World) At(address string) (Object, bool) {
	i := slices.IndexFunc(w, func(o Object) bool { return o.Address == address && !o.Foreign })
	if i < 0 {
		return Object{}, false
	}
	return w[i], true
}

// Observe reads the world: every kind at once, one Read each.
func (e *Engine) Observe(ctx context.Context, st *Stack, last state.State) (World, error) {
	scope := func() Scope { return NewScope(st.Project, st.Environment, expected(st, last, nothing)) }
	round := scope()
	found := make([][]Object, len(e.kinds))
	errs := make([]error, len(e.kinds))
	var wg sync.WaitGroup
	for i, k := range e.kinds {
		wg.Go(func() {
			found[i], errs[i] = k.read(ctx, round)
			for errs[i] == nil && k.hides(last, found[i]) && pause(ctx, again) {
				found[i], errs[i] = k.read(ctx, scope())
			}
			if errs[i] != nil {
				errs[i] = &OpError{Op: "read", Address: k.Name, Err: errs[i]}
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return slices.Concat(found...), nil
}

// again is the pause before a kind is read again that AWS may not list in full.
const again = 2 * time.Second

// hides reports whether AWS may have objects of the kind that it does not list:
// made in the last moments, by a run that was cut or has just ended. What has a
// name is found again by that.
func (k Kind) hides(last state.State, found []Object) bool {
	if k.class == Named {
		return false
	}
	for address, o := range last.Objects {
		since := o.Since
		if o.Journal != nil {
			since = o.Journal.Since
		}
		listed := func(f Object) bool { return f.ID == o.ID || o.Journal != nil && f.Address == address }
		if kindOf(address) == k.Name && time.Since(since) < hidden && !slices.ContainsFunc(found, listed) {
			return true
		}
	}
	return false
}

func pause(ctx context.Context, long time.Duration) bool {
	timer := time.NewTimer(long)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// expected lists what is wanted or recorded, with what look knows filled in.
func expected(st *Stack, last state.State, look lookup) []Expected {
	var all []Expected
	for _, address := range st.order {
		doc, _ := resolve(map[string]any(st.objects[address]), look).(map[string]any)
		o := last.Objects[address]
		all = append(all, Expected{Kind: kindOf(address), Address: address, ID: o.ID, Document: doc, Applied: o.Document})
	}
	for address, o := range last.Objects {
		if _, wanted := st.objects[address]; wanted {
			continue
		}
		doc, err := Parse(o.Document)
		if err != nil {
			doc = Document{}
		}
		all = append(all, Expected{Kind: kindOf(address), Address: address, ID: o.ID, Document: doc, Applied: o.Document})
	}
	return all
}

func kindOf(address string) string {
	kind, _, _ := strings.Cut(address, "/")
	return kind
}

// OpError is what went wrong with one object. Err is as the driver gave it.
type OpError struct {
	// Op is read, create, change, delete, or wait for.
	Op string
	// Address is the object's address, or a kind for a read.
	Address string
	Err     error
}

func (e *OpError) Error() string { return fmt.Sprintf("%s %s: %v", e.Op, e.Address, e.Err) }

// Unwrap returns the driver's error.
func (e *OpError) Unwrap() error { return e.Err }
