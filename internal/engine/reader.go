package engine

import (
	"context"
	"slices"
	"sync"
	"time"
)

// reader reads one kind for all that wait for it. Who asks joins a read that
// starts after what it knows; who only wants news takes what another has read
// since.
type reader struct {
	mu      sync.Mutex
	last    *reading   // the newest finished one
	open    []*reading // under way
	next    *reading   // about to start
	serving int
}

type reading struct {
	started time.Time
	done    chan struct{}
	objects []Object
	err     error
}

const (
	// company is how long a read waits for others that want it too.
	company = 10 * time.Millisecond
	// abreast is how many reads of one kind may be under way at once: who has
	// just changed something need not wait for one that began before.
	abreast = 3
)

// since returns what a read that started after seen found, and when it
// started. With no time seen it is a read that has not started yet.
func (r *reader) since(ctx context.Context, seen time.Time, read func() ([]Object, error)) ([]Object, time.Time, error) {
	r.mu.Lock()
	mine := r.after(seen)
	if mine == nil {
		if r.next == nil {
			r.next = &reading{done: make(chan struct{})}
			if r.serving < abreast {
				r.serving++
				go r.serve(ctx, read)
			}
		}
		mine = r.next
	}
	r.mu.Unlock()
	select {
	case <-mine.done:
		return mine.objects, mine.started, mine.err
	case <-ctx.Done():
		return nil, seen, context.Cause(ctx)
	}
}

// after is the first read that started after seen, if there is one. The caller
// holds mu.
func (r *reader) after(seen time.Time) *reading {
	if seen.IsZero() {
		return nil
	}
	if r.last != nil && r.last.err == nil && r.last.started.After(seen) {
		return r.last
	}
	if i := slices.IndexFunc(r.open, func(o *reading) bool { return o.started.After(seen) }); i >= 0 {
		return r.open[i]
	}
	return nil
}

// serve reads for as long as somebody waits for a read to start.
func (r *reader) serve(ctx context.Context, read func() ([]Object, error)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.next != nil {
		r.mu.Unlock()
		pause(ctx, company)
		r.mu.Lock()
		now := r.next
		if now == nil {
			break
		}
		now.started, r.next = time.Now(), nil
		r.open = append(r.open, now)
		r.mu.Unlock()
		now.objects, now.err = read()
		r.mu.Lock()
		r.open = slices.DeleteFunc(r.open, func(o *reading) bool { return o == now })
		if r.last == nil || now.started.After(r.last.started) {
			r.last = now
		}
		close(now.done)
	}
	r.serving--
}
