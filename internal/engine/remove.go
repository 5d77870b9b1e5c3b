package engine

import (
	"context"
	"slices"
)

// remove takes an object away and waits until AWS no longer lists it.
func (r *run) remove(ctx context.Context, t *task) error {
	o := *t.change.live
	if o.Status != Deleting {
		err := r.insist(ctx, t, t.mutation(func() error {
			err := t.kind.delete(ctx, o)
			if r.classify(err) == NotFound {
				return nil
			}
			return err
		}))
		if err != nil {
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
		if err := w.wait(cmpText(objects[i].Reason, "AWS still lists it")); err != nil {
			return err
		}
	}
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
