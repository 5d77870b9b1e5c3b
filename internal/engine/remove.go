package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// remove takes an object away and waits until AWS no longer lists it.
func (r *run) remove(ctx context.Context, t *task) error {
	o := *t.change.live
	if o.Status != Deleting {
		if err := r.takeAway(ctx, t, o); err != nil {
			return err
		}
	}
	w := r.waiter(ctx, t)
	for {
		var objects []Object
		err := r.insist(ctx, t, func() (err error) {
			objects, err = r.read(ctx, t)
			return err
		})
		if err != nil {
			return err
		}
		i := slices.IndexFunc(objects, func(other Object) bool { return other.ID == o.ID })
		if i < 0 {
			r.forget(t)
			return nil
		}
		if err := w.wait(cmp.Or(objects[i].Reason, "AWS still lists it")); err != nil {
			return err
		}
	}
}

// patience is how long a delete is refused before the objects that hold what it
// takes away, and wait for its replacement, are blamed.
const patience = time.Minute

// takeAway asks for the delete until AWS takes it.
func (r *run) takeAway(ctx context.Context, t *task, o Object) error {
	w := r.waiter(ctx, t)
	if len(t.holders) > 0 {
		w.deadline = time.Now().Add(patience)
	}
	err := r.persist(w, t.mutation(func() error {
		err := t.kind.delete(ctx, o)
		if r.classify(err) == NotFound {
			return nil
		}
		return err
	}))
	if err != nil && len(t.holders) > 0 && r.classify(err) == Busy && !errors.Is(err, errStopped) {
		return fmt.Errorf("%s uses it and cannot let go of it before there is another, and it has the name that one needs. "+
			"Take %[1]s out of the config and apply, then put it back: %[2]w", strings.Join(t.holders, ", "), err)
	}
	return err
}

// forget takes a deleted object out of the state. The generation makes the
// next create of its address another one to AWS's client tokens.
func (r *run) forget(t *task) {
	r.mu.Lock()
	defer r.mu.Unlock()
	address := t.change.Address
	recorded := r.state.Objects[address]
	r.state.Deleted(address)
	if recorded.ID != t.change.live.ID && recorded.Kind != "" {
		r.state.Objects[address] = recorded // its replacement
	}
	r.Recorder.Save(r.state.Clone())
}
