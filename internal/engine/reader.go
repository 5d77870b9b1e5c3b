package engine

import (
	"context"
	"sync"
	"time"
)

// reader reads one kind for all that wait for it: who asks while a read is
// under way shares the next one, and who only wants news takes what another
// has read since.
type reader struct {
	mu      sync.Mutex
	last    *reading // the newest finished one
	current *reading
	next    *reading
}

type reading struct {
	started time.Time
	done    chan struct{}
	objects []Object
	err     error
}

// since returns what a read that started after seen found, and when it
// started.
func (r *reader) since(ctx context.Context, seen time.Time, read func() ([]Object, error)) ([]Object, time.Time, error) {
	r.mu.Lock()
	var mine *reading
	switch {
	case r.last != nil && r.last.err == nil && !seen.IsZero() && r.last.started.After(seen):
		mine = r.last
	case r.current == nil:
		mine = &reading{started: time.Now(), done: make(chan struct{})}
		r.current = mine
		go r.serve(mine, read)
	case r.next == nil:
		r.next = &reading{done: make(chan struct{})}
		mine = r.next
	default:
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

func (r *reader) serve(now *reading, read func() ([]Object, error)) {
	for now != nil {
		now.objects, now.err = read()
		r.mu.Lock()
		r.last = now
		close(now.done)
		now, r.next = r.next, nil
		if now != nil {
			now.started = time.Now()
		}
		r.current = now
		r.mu.Unlock()
	}
}
