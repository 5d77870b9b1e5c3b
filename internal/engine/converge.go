package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// visible is how long a fresh object may be missing from AWS's listings.
const visible = 5 * time.Minute

// settle is how long AWS may go on reporting an old value after a change
// before the change is asked for again.
const settle = 20 * time.Second

// converge makes an object as wanted and waits until it is ready.
func (r *run) converge(ctx context.Context, t *task) error {
	c := t.change
	if c.Action == Create || c.Action == Replace {
		if err := r.create(ctx, t); err != nil {
			return err
		}
	}
	w := r.waiter(ctx, t)
	for first := c.Action == Update; ; first = false {
		o, err := r.current(ctx, t, first)
		if err != nil {
			return err
		}
		changed := r.differs(t, o)
		switch done, err := r.judge(t, o, changed); {
		case err != nil:
			return err
		case done:
			t.met = true
			r.record(t, o)
			return nil
		case len(changed) > 0 && t.odd.IsZero() && time.Since(t.asked) > settle && (o.Status != Pending || t.kind.early || first):
			// An object that is still being made reports fields that are not settled,
			// but one that was found pending may be so for want of this very change.
			if err := r.update(ctx, t, o, changed); err != nil {
				return err
			}
			t.asked = time.Now()
			w.reset()
			continue
		}
		if o.Status == Waiting {
			w.extend() // it is Attention that bounds how long a person may take
		}
		if err := w.wait(cmp.Or(o.Reason, waitsFor(changed))); err != nil {
			return err
		}
	}
}

// waitsFor says in words what keeps an object from being done with.
func waitsFor(changed []FieldChange) string {
	if len(changed) == 0 {
		return "not ready yet"
	}
	c := changed[0]
	return fmt.Sprintf("AWS still reports %s %s, not %s", c.Field, brief(c.Before), brief(c.After))
}

// current returns the object as it is now; first is what the plan saw. AWS may
// take back for a while what it listed already.
func (r *run) current(ctx context.Context, t *task, first bool) (Object, error) {
	if first {
		return *t.change.live, nil
	}
	if made := t.found; made != nil { // create has just looked
		t.found = nil
		return *made, nil
	}
	o, err := r.appear(ctx, t, hidden)
	t.found = nil
	if errors.Is(err, errUnseen) {
		err = errors.New("it disappeared while it was being made ready")
	}
	return o, err
}

// differs compares a live object with what is wanted by now.
func (r *run) differs(t *task, o Object) []FieldChange {
	r.mu.Lock()
	defer r.mu.Unlock()
	wanted := r.resolved(t.change.Address)
	var recorded Document
	if raw := r.plan.last.Objects[t.change.Address].Document; len(raw) > 0 && t.action == Update {
		recorded, _ = Parse(raw)
	}
	if t.tagged && o.Document["tags"] == nil && recorded != nil {
		recorded["tags"] = wanted["tags"] // what was set and cannot be read counts as set
	}
	changed, _ := diff(t.kind.traits, wanted, recorded, o.Document)
	return changed
}

// judge says whether an object is done with, or will never be.
func (r *run) judge(t *task, o Object, changed []FieldChange) (done bool, err error) {
	i := slices.IndexFunc(changed, func(f FieldChange) bool { return f.Replaces })
	if i < 0 || o.Status == Pending {
		t.odd = time.Time{}
	} else if t.odd.IsZero() {
		t.odd = time.Now()
	}
	if !t.odd.IsZero() && time.Since(t.odd) > settle {
		return false, fmt.Errorf("AWS made it with %s %s instead of %s, and that cannot be changed in place",
			changed[i].Field, brief(changed[i].Before), brief(changed[i].After))
	}
	switch o.Status {
	case Failed:
		return false, fmt.Errorf("AWS reports it failed: %s", o.Reason)
	case Deleting:
		return false, errors.New("it is being deleted in AWS")
	case Waiting:
		if time.Since(t.started) >= r.Attention && (len(changed) == 0 || !t.asked.IsZero()) {
			return false, errPerson
		}
	case Ready:
		return len(changed) == 0, nil
	}
	return false, nil
}

// update asks for changed fields, again while AWS says not now.
func (r *run) update(ctx context.Context, t *task, o Object, changed []FieldChange) error {
	fields, set, unset := split(changed)
	r.mu.Lock()
	wanted := r.resolved(t.change.Address)
	r.mu.Unlock()
	if len(set)+len(unset) > 0 && t.kind.tag != nil {
		if err := r.insist(ctx, t, t.mutation(func() error { return t.kind.tag(ctx, o.ID, set, unset) })); err != nil {
			return err
		}
		t.tagged = true
	}
	if len(fields) == 0 {
		return nil
	}
	return r.insist(ctx, t, t.mutation(func() error { return t.kind.update(ctx, o, wanted, fields) }))
}

// find reads the task's own object, and records it when it is there.
func (r *run) find(ctx context.Context, t *task) (Object, bool, error) {
	var objects []Object
	err := r.insist(ctx, t, func() (err error) {
		objects, err = r.read(ctx, t)
		return err
	})
	if err != nil {
		return Object{}, false, err
	}
	r.mu.Lock()
	wanted, id := r.resolved(t.change.Address), r.live[t.change.Address].ID
	r.mu.Unlock()
	for _, o := range objects {
		named := wanted.Name() != "" && o.Document.Name() == wanted.Name()
		mine := o.Address == t.change.Address || o.Address == "" && (o.ID == id && id != "" || named) || o.Foreign && named
		if !mine || r.leaving[key(o)] || o.Status == Deleting || id != "" && o.ID != id {
			continue
		}
		if !o.Foreign {
			r.record(t, o)
		}
		t.found = &o
		return o, true, nil
	}
	return Object{}, false, nil
}
