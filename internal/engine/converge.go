package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/state"
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
	var asked time.Time // when Update was last called
	for first := c.Action == Update; ; first = false {
		o, err := r.current(ctx, t, first)
		if err != nil {
			return err
		}
		changed := r.differs(t, o)
		switch done, err := r.judge(t, o, changed); {
		case err != nil || done:
			return err
		case len(changed) > 0 && time.Since(asked) > settle && (o.Status != Pending || t.kind.early || first):
			// An object that is still being made reports fields that are not settled,
			// but one that was found pending may be so for want of this very change.
			if err := r.update(ctx, t, o, changed); err != nil {
				return err
			}
			asked = time.Now()
			w.reset()
			continue
		}
		if err := w.wait(cmpText(o.Reason, waitsFor(changed))); err != nil {
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

// current returns the object as it is now; first is what the plan saw.
func (r *run) current(ctx context.Context, t *task, first bool) (Object, error) {
	if first {
		return *t.change.live, nil
	}
	o, found, err := r.find(ctx, t)
	if err == nil && !found {
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
	unsettled := o.Status == Pending && !t.kind.early
	i := slices.IndexFunc(changed, func(f FieldChange) bool { return f.Replaces })
	if i >= 0 && !unsettled {
		return false, fmt.Errorf("AWS made it with %s %s instead of %s, and that cannot be changed in place",
			changed[i].Field, brief(changed[i].Before), brief(changed[i].After))
	}
	switch o.Status {
	case Failed:
		return false, fmt.Errorf("AWS reports it failed: %s", o.Reason)
	case Deleting:
		return false, errors.New("it is being deleted in AWS")
	case Waiting:
		if time.Since(t.started) >= r.Attention {
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

// create makes the object, once: after anything but a plain success it looks
// what is there before it asks again.
func (r *run) create(ctx context.Context, t *task) error {
	found, err := r.journal(ctx, t)
	if err != nil || found {
		return err
	}
	w := r.waiter(ctx, t)
	for attempt := 0; ; attempt++ {
		id, doc := r.identity(t, attempt)
		err := t.mutation(func() error { return t.kind.create(ctx, id, doc) })()
		meaning := r.classify(err)
		switch {
		case err == nil:
			return r.appear(ctx, t, visible)
		case meaning == Lost || meaning == Conflict:
			found, lookErr := r.lookFor(ctx, t, meaning)
			if found || lookErr != nil {
				return lookErr
			}
			if meaning == Conflict && attempt > 3 {
				return err
			}
		case meaning != NotYet && meaning != Busy && meaning != Throttled:
			return err
		}
		if waitErr := w.wait(r.words(err)); waitErr != nil {
			return errors.Join(waitErr, err)
		}
	}
}

// journal writes down that a create is about to happen, for kinds that only
// their tags make findable; if the last run did so too, its object is looked
// for as long as AWS may be hiding it.
func (r *run) journal(ctx context.Context, t *task) (found bool, err error) {
	if t.kind.class != Tagged {
		return false, nil
	}
	address := t.change.Address
	r.mu.Lock()
	before := r.state.Objects[address].Journal
	o := r.state.Objects[address]
	o.Kind, o.Journal = t.kind.Name, &state.Journal{Action: string(Create), Since: time.Now().UTC(), Run: r.RunID}
	if before != nil {
		o.Journal.Since = before.Since
	}
	r.state.Objects[address] = o
	r.Recorder.Save(r.state.Clone())
	r.mu.Unlock()
	if before != nil {
		if left := hidden - time.Since(before.Since); left > 0 {
			if err := r.appear(ctx, t, left); !errors.Is(err, errUnseen) {
				return err == nil, err
			}
		}
	}
	return false, r.Recorder.Flush(ctx)
}

// hidden is how long after an interrupted create AWS may not list its object.
const hidden = 30 * time.Second

var errUnseen = errors.New("AWS took the create and does not list the object")

// lookFor looks for an object whose create was not plainly answered.
func (r *run) lookFor(ctx context.Context, t *task, m Meaning) (found bool, err error) {
	long := 3 * time.Second
	if m == Lost && t.kind.class == Tagged {
		long = hidden
	}
	switch err := r.appear(ctx, t, long); {
	case err == nil:
		r.mu.Lock()
		r.outcome.Recovered = append(r.outcome.Recovered, t.change.Address)
		r.mu.Unlock()
		r.emit(t, Recovered, "")
		return true, nil
	case errors.Is(err, errUnseen):
		return false, nil
	default:
		return false, err
	}
}

// appear waits until the object is listed, and records it.
func (r *run) appear(ctx context.Context, t *task, long time.Duration) error {
	w := r.waiter(ctx, t)
	deadline := time.Now().Add(long)
	for {
		o, found, err := r.find(ctx, t)
		switch {
		case err != nil:
			return err
		case found && o.Foreign:
			return fmt.Errorf("%s exists and is not part of this environment", o.Document.Name())
		case found:
			return nil
		case time.Now().After(deadline):
			return errUnseen
		}
		if err := w.wait("AWS does not list it yet"); err != nil {
			return err
		}
	}
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
		mine := o.Address == t.change.Address || o.Address == "" && (o.ID == id && id != "" || wanted.Name() != "" && o.Document.Name() == wanted.Name())
		old := t.action == Replace && o.ID == t.change.live.ID && !t.change.DeleteFirst
		if !mine || old || o.Status == Deleting || id != "" && o.ID != id {
			continue
		}
		if !o.Foreign {
			r.record(t.change.Address, o)
		}
		return o, true, nil
	}
	return Object{}, false, nil
}

// identity is what the create call carries.
func (r *run) identity(t *task, attempt int) (Identity, Document) {
	r.mu.Lock()
	defer r.mu.Unlock()
	address, st := t.change.Address, r.plan.stack
	doc := r.resolved(address)
	tags := map[string]string{}
	if wanted, ok := doc["tags"].(map[string]any); ok {
		for key, value := range wanted {
			tags[key], _ = value.(string)
		}
	}
	made := map[string]any{}
	for _, field := range t.kind.fixed {
		made[field] = doc[field]
	}
	generation := fmt.Sprint(r.state.Generations[address], attempt/4)
	sum := sha256.Sum256([]byte(strings.Join([]string{
		st.Project, st.Environment, address, generation, string(Document(made).JSON())}, "\n")))
	return Identity{
		Project: st.Project, Environment: st.Environment, Address: address,
		Name: doc.Name(), Token: hex.EncodeToString(sum[:16]), Tags: tags,
	}, doc
}

func cmpText(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
