package engine

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// waiter is the engine's clock for one object: growing pauses, an end, and an
// open ear for interruption.
type waiter struct {
	run      *run
	ctx      context.Context
	task     *task
	pause    time.Duration
	deadline time.Time
}

// Pauses between two looks at the same kind.
const (
	shortest = 200 * time.Millisecond
	longest  = 5 * time.Second
)

func (r *run) waiter(ctx context.Context, t *task) *waiter {
	return &waiter{run: r, ctx: ctx, task: t, pause: shortest, deadline: time.Now().Add(t.kind.timing.GiveUp)}
}

func (w *waiter) reset() { w.pause = shortest }

// extend starts the time anew after which the wait is given up.
func (w *waiter) extend() { w.deadline = time.Now().Add(w.task.kind.timing.GiveUp) }

// wait pauses, and says what for. It ends early with an error when the run is
// stopped, or when AWS took longer than it ever should.
func (w *waiter) wait(why string) error {
	if w.run.stopped(w.ctx) {
		return errStopped
	}
	if time.Now().After(w.deadline) {
		return fmt.Errorf("gave up after %s: %s", w.task.kind.timing.GiveUp, why)
	}
	w.run.emit(w.task, Busying, why)
	timer := time.NewTimer(w.pause)
	defer timer.Stop()
	w.pause = min(w.pause*3/2, longest)
	select {
	case <-timer.C:
		return nil
	case <-w.run.Stop:
		return errStopped
	case <-w.ctx.Done():
		return errors.Join(errStopped, context.Cause(w.ctx))
	}
}

// insist repeats a call that may be repeated while AWS says "not now".
func (r *run) insist(ctx context.Context, t *task, call func() error) error {
	return r.persist(r.waiter(ctx, t), call)
}

// persist is insist with an end of its own.
func (r *run) persist(w *waiter, call func() error) error {
	for {
		err := call()
		if err == nil {
			return nil
		}
		switch r.classify(err) {
		case NotYet, Busy, Throttled, Lost:
		default:
			return err
		}
		if waitErr := w.wait(r.words(err)); waitErr != nil {
			return errors.Join(waitErr, err)
		}
	}
}
