package state

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/state/process"
)

// Options of a Remote; the zero value is right outside of tests.
type Options struct {
	Lease time.Duration           // how long a silent holder keeps the lock; 0: DefaultLease
	Now   func() time.Time        // wall clock, which goes on while a laptop sleeps; nil: the system's
	Dead  func(h Holder) bool     // whether a holder has provably died; nil: asks this machine's processes
	Self  func() process.Identity // nil: this process
}

// Remote is a Store over an object storage with conditional writes. Each write names the version it replaces, so
// no lock, however it was lost, lets a run overwrite what another has written.
type Remote struct {
	objects     Objects
	environment string
	author      string
	stateKey    string
	lockKey     string
	opt         Options

	mu      sync.Mutex
	known   version  // what was last read or written
	pending [][]byte // bodies written whose answers were lost
	held    *held
}

// version is what identifies a stored state.
type version struct {
	tag     string
	serial  int64
	fence   int64
	lineage string
}

// Open is the store of one environment: the state at infrastructure/<environment>.json, the lock beside it.
func Open(objects Objects, environment string, opt Options) *Remote {
	opt.Lease = cmp.Or(opt.Lease, DefaultLease)
	if opt.Now == nil {
		// Without the monotonic reading, which stands still while the machine sleeps.
		opt.Now = func() time.Time { return time.Now().Round(0) }
	}
	if opt.Self == nil {
		opt.Self = process.Self
	}
	if opt.Dead == nil {
		opt.Dead = func(h Holder) bool {
			return process.Ended(process.Identity{Host: h.Host, Boot: h.Boot, PID: h.PID, Start: h.ProcessStart})
		}
	}
	return &Remote{
		objects: objects, environment: environment, author: NewID(), opt: opt,
		stateKey: "infrastructure/" + environment + ".json",
		lockKey:  "infrastructure/" + environment + ".lock",
	}
}

// Get implements Store.
func (r *Remote) Get(ctx context.Context) (State, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, v, err := r.read(ctx)
	if err != nil && !errors.Is(err, ErrNone) {
		return State{}, err
	}
	if h := r.held; h != nil {
		if lost := h.fencedBy(v.fence); lost != nil {
			return State{}, lost
		}
	}
	r.know(v)
	return s, err
}

// read tells a missing state by ErrNone and its version all the same: a fence may stand in its place.
func (r *Remote) read(ctx context.Context) (State, version, error) {
	item, err := r.objects.Read(ctx, r.stateKey)
	if err != nil {
		return State{}, version{}, r.about(err, "read")
	}
	s, err := Decode(item.Body)
	if err != nil {
		return State{}, version{}, located(err, r.objects.Name(r.stateKey))
	}
	v := version{tag: item.Tag, serial: s.Serial, fence: s.Fence, lineage: s.Lineage}
	if s.Lineage == "" {
		return State{}, v, ErrNone
	}
	return s, v, nil
}

// Put implements Store.
func (r *Remote) Put(ctx context.Context, s State) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known.lineage != "" && s.Lineage != r.known.lineage {
		return fmt.Errorf("%w: %s belongs to another record (lineage %s, not %s)",
			ErrStale, r.objects.Name(r.stateKey), r.known.lineage, s.Lineage)
	}
	fence := r.known.fence
	if h := r.held; h != nil {
		if err := h.ensure(ctx); err != nil {
			return err
		}
		if err := h.fencedBy(r.known.fence); err != nil {
			return err
		}
		fence = h.fence
	}
	err := r.write(ctx, s, fence)
	if errors.Is(err, ErrStale) && r.held != nil {
		return r.held.overtaken(ctx, err)
	}
	return err
}

// write replaces the known version. A lost answer is followed by a look: what is stored then tells whose write won.
func (r *Remote) write(ctx context.Context, s State, fence int64) error {
	s.Fence, s.Author = fence, r.author
	for {
		s.Serial = r.known.serial + 1
		body, err := Encode(s)
		if err != nil {
			return err
		}
		tag, err := r.objects.Write(ctx, r.stateKey, body, r.known.tag)
		if err == nil {
			r.know(version{tag, s.Serial, s.Fence, s.Lineage})
			return nil
		}
		if errors.Is(err, ErrDenied) || errors.Is(err, ErrNoBucket) {
			return r.about(err, "write")
		}
		r.pending = append(r.pending, body)
		mine, settleErr := r.settle(ctx, err)
		if settleErr != nil {
			return settleErr
		}
		if bytes.Equal(mine, body) {
			return nil
		}
	}
}

// settle finds out what became of a write that was not confirmed. It returns the write of ours that is stored,
// which may be an earlier one that arrived late, or an error.
func (r *Remote) settle(ctx context.Context, cause error) ([]byte, error) {
	item, err := r.objects.Read(ctx, r.stateKey)
	switch {
	case errors.Is(err, ErrNone):
		if r.known.tag == "" && !errors.Is(cause, ErrChanged) {
			return nil, r.about(cause, "write")
		}
		return nil, fmt.Errorf("%w: %s was deleted", ErrStale, r.objects.Name(r.stateKey))
	case err != nil:
		if errors.Is(cause, ErrChanged) {
			cause = err
		}
		return nil, r.about(cause, "write")
	case item.Tag == r.known.tag:
		return nil, r.about(cause, "write")
	}
	for _, body := range r.pending {
		if bytes.Equal(body, item.Body) {
			s, err := Decode(body)
			if err != nil {
				return nil, err
			}
			r.know(version{item.Tag, s.Serial, s.Fence, s.Lineage})
			return body, nil
		}
	}
	return nil, fmt.Errorf("%w (%s); type the command again", ErrStale, r.objects.Name(r.stateKey))
}

func (r *Remote) know(v version) { r.known, r.pending = v, nil }

// about adds what was done to what; the error itself stays reachable.
func (r *Remote) about(err error, verb string) error {
	if errors.Is(err, ErrNone) {
		return err
	}
	return fmt.Errorf("%s state %s: %w", verb, r.objects.Name(r.stateKey), err)
}

func located(err error, where string) error {
	if broken, ok := errors.AsType[*BrokenError](err); ok {
		broken.Where = where
	}
	if newer, ok := errors.AsType[*NewerError](err); ok {
		newer.Where = where
	}
	return err
}
