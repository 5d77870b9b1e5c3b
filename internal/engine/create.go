package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/state"
)

// create makes the object, once: after anything but a plain success it looks
// what is there before it asks again.
func (r *run) create(ctx context.Context, t *task) error {
	w := r.waiter(ctx, t)
	conflicts := 0
	for attempt := 0; ; attempt++ {
		if found, err := r.journal(ctx, t, attempt); err != nil || found {
			return err
		}
		id, doc := r.identity(t)
		err := t.mutation(func() error { return t.kind.create(ctx, id, doc) })()
		meaning := r.classify(err)
		switch {
		case err == nil:
			again, err := r.made(ctx, t)
			if !again {
				return err
			}
			continue
		case meaning == Lost || meaning == Conflict:
			found, lookErr := r.lookFor(ctx, t, meaning)
			if found || lookErr != nil {
				return lookErr
			}
			if meaning == Conflict {
				conflicts++
			}
			if conflicts > 4 && !r.renew(t) {
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

// made waits until AWS lists what it said it made. For the token of an object
// that someone deleted AWS may answer with that one: then a new token is needed.
func (r *run) made(ctx context.Context, t *task) (again bool, err error) {
	if t.action != Create || r.plan.last.Objects[t.change.Address].ID == "" || t.kind.class != Tokened || t.renewed {
		_, err := r.appear(ctx, t, visible)
		return false, err
	}
	if _, err := r.appear(ctx, t, hidden); !errors.Is(err, errUnseen) {
		return false, err
	}
	return r.renew(t), nil
}

// renew has the next create carry another client token, once.
func (r *run) renew(t *task) bool {
	if t.kind.class != Tokened || t.renewed {
		return false
	}
	t.renewed = true
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state.Deleted(t.change.Address)
	r.Recorder.Save(r.state.Clone())
	return true
}

// journal writes down that a create is about to happen, for kinds that only
// their tags make findable; if the last run did so too, its object is looked
// for as long as AWS may be hiding it.
func (r *run) journal(ctx context.Context, t *task, attempt int) (found bool, err error) {
	if t.kind.class != Tagged {
		if len(t.after) > 0 || t.renewed {
			return false, r.Recorder.Flush(ctx) // the generation that is in the token
		}
		return false, nil
	}
	address := t.change.Address
	if before := r.plan.last.Objects[address].Journal; before != nil && attempt == 0 {
		if left := hidden - time.Since(before.Since); left > 0 {
			if found, err := r.lookAgain(ctx, t, left); found || err != nil {
				return found, err
			}
		}
	}
	r.mu.Lock()
	o := r.state.Objects[address]
	o.Kind, o.Journal = t.kind.Name, &state.Journal{Action: string(Create), Since: time.Now().UTC(), Run: r.RunID}
	r.state.Objects[address] = o
	r.Recorder.Save(r.state.Clone())
	r.mu.Unlock()
	return false, r.Recorder.Flush(ctx)
}

// hidden is how long after an interrupted create AWS may not list its object.
const hidden = 30 * time.Second

var errUnseen = errors.New("AWS took the create and does not list the object")

// lookFor looks for an object whose create was not plainly answered.
func (r *run) lookFor(ctx context.Context, t *task, m Meaning) (found bool, err error) {
	if m == Lost && t.kind.class == Tagged {
		return r.lookAgain(ctx, t, hidden)
	}
	return r.lookAgain(ctx, t, 3*time.Second)
}

// lookAgain looks for what an earlier create may have made.
func (r *run) lookAgain(ctx context.Context, t *task, long time.Duration) (found bool, err error) {
	switch _, err := r.appear(ctx, t, long); {
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
func (r *run) appear(ctx context.Context, t *task, long time.Duration) (Object, error) {
	w := r.waiter(ctx, t)
	deadline := time.Now().Add(long)
	for {
		o, found, err := r.find(ctx, t)
		switch {
		case err != nil:
			return o, err
		case found && o.Foreign:
			return o, fmt.Errorf("%s exists and is not part of this environment", o.Document.Name())
		case found:
			return o, nil
		case time.Now().After(deadline):
			return o, errUnseen
		}
		if err := w.wait("AWS does not list it yet"); err != nil {
			return o, err
		}
	}
}

// identity is what the create call carries.
func (r *run) identity(t *task) (Identity, Document) {
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
	generation := fmt.Sprint(r.state.Generations[address])
	if t.action == Replace && !t.change.DeleteFirst {
		// Or AWS gives the old one again, or one left over beside it.
		generation += " " + t.change.live.ID + r.plan.besides(address)
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{
		st.Project, st.Environment, address, generation, string(Document(made).JSON())}, "\n")))
	return Identity{
		Project: st.Project, Environment: st.Environment, Address: address,
		Name: doc.Name(), Token: hex.EncodeToString(sum[:16]), Tags: tags,
	}, doc
}

// besides lists the ids of what is left over at an address.
func (p *Plan) besides(address string) string {
	ids := ""
	for _, c := range p.Changes {
		if c.Address == address && c.Action == Delete {
			ids += " " + c.ID
		}
	}
	return ids
}
