// Package enginetest holds the engine to its promises: an invented cloud that
// hides, delays, refuses and loses answers, a power switch for the client, and
// a suite for drivers. It knows nothing of AWS.
package enginetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// Errors of the invented cloud.
var (
	ErrCut       = errors.New("the client's power is cut")
	ErrExists    = errors.New("exists already")
	ErrInUse     = errors.New("something depends on it")
	ErrNotThere  = errors.New("not there")
	ErrNotYet    = errors.New("not usable yet")
	ErrLost      = errors.New("connection reset")
	ErrDenied    = errors.New("not allowed")
	ErrThrottled = errors.New("slow down")
)

// Classify is the error table of the invented cloud.
func Classify(err error) engine.Meaning {
	for target, meaning := range map[error]engine.Meaning{
		ErrExists: engine.Conflict, ErrInUse: engine.Busy, ErrNotThere: engine.NotFound,
		ErrNotYet: engine.NotYet, ErrLost: engine.Lost, ErrDenied: engine.Denied, ErrThrottled: engine.Throttled,
	} {
		if errors.Is(err, target) {
			return meaning
		}
	}
	return engine.Other
}

// Thing is an object of the invented cloud.
type Thing struct {
	ID, Kind, Token string
	Tags            map[string]string
	Spec            json.RawMessage
	hidden, pending int // for how many reads yet
	deleting        int // reads until it is gone; 0: it is not being deleted
}

// Cloud is an invented cloud. Its zero value answers at once.
type Cloud struct {
	// Hide is how many reads a fresh thing is missing from.
	Hide int
	// Slow is how many reads a fresh thing is pending for, and a deleted one lingers.
	Slow int
	// Fault, when set, is asked before each mutating call. It may return an
	// error to answer with; done says whether the call is carried out all the same.
	Fault func(call int, op, kind string) (err error, done bool)
	// Calls counts mutating calls, Reads counts reads.
	Calls, Reads int

	mu     sync.Mutex
	things []*Thing
	serial int
	cut    bool
}

// Cut ends every call from now on; Restore gives a new client power again.
func (c *Cloud) Cut()     { c.mu.Lock(); c.cut = true; c.mu.Unlock() }
func (c *Cloud) Restore() { c.mu.Lock(); c.cut, c.Calls = false, 0; c.mu.Unlock() }

// IsCut reports whether the client is without power.
func (c *Cloud) IsCut() bool { c.mu.Lock(); defer c.mu.Unlock(); return c.cut }

// Things lists what exists, ids left out, in a comparable form.
func (c *Cloud) Things() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	names := map[string]string{}
	for _, t := range c.things {
		names[t.ID] = t.Tags[engine.TagAddress]
	}
	var all []string
	for _, t := range c.things {
		spec := string(t.Spec)
		for id, name := range names {
			spec = strings.ReplaceAll(spec, id, name)
		}
		all = append(all, fmt.Sprintf("%s %s %s", t.Kind, t.Tags[engine.TagAddress], sorted(spec)))
	}
	slices.Sort(all)
	return all
}

// sorted writes a spec with its lists in order, as ids say nothing about names.
func sorted(spec string) string {
	var fields map[string]any
	if err := json.Unmarshal([]byte(spec), &fields); err != nil {
		return spec
	}
	for _, value := range fields {
		if list, ok := value.([]any); ok {
			slices.SortFunc(list, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		}
	}
	raw, _ := json.Marshal(fields) // was JSON a moment ago
	return string(raw)
}

// Edit changes a thing behind the engine's back.
func (c *Cloud) Edit(address string, edit func(*Thing)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range c.things {
		if t.Tags[engine.TagAddress] == address {
			edit(t)
		}
	}
}

// Put makes a thing behind the engine's back.
func (c *Cloud) Put(t Thing) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.serial++
	t.ID = fmt.Sprintf("%s-%04d", t.Kind, c.serial)
	c.things = append(c.things, &t)
}

// mutate carries out one mutating call, under the switch and the faults.
func (c *Cloud) mutate(op, kind string, call func() error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cut {
		return ErrCut
	}
	c.Calls++
	if c.Fault != nil {
		if err, done := c.Fault(c.Calls, op, kind); err != nil {
			if done {
				_ = call() // the answer is lost, whatever it was
			}
			if errors.Is(err, ErrCut) {
				c.cut = true
			}
			return err
		}
	}
	return call()
}

func (c *Cloud) find(id string) *Thing {
	i := slices.IndexFunc(c.things, func(t *Thing) bool { return t.ID == id })
	if i < 0 {
		return nil
	}
	return c.things[i]
}

// Driver is a driver of the invented cloud for any spec.
type Driver[S engine.Spec] struct {
	*Cloud
	// Attrs makes the attributes of a thing.
	Attrs func(Thing) map[string]any
}

// Read implements engine.Driver.
func (d Driver[S]) Read(ctx context.Context, scope engine.Scope) ([]engine.Live[S], error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cut {
		return nil, ErrCut
	}
	d.Reads++
	var zero S
	var lives []engine.Live[S]
	for _, t := range slices.Clone(d.things) {
		if t.Kind != zero.Kind() {
			continue
		}
		if t.hidden > 0 {
			t.hidden--
			continue
		}
		live, gone, err := liveOf[S](t)
		if err != nil {
			return nil, err
		}
		if gone {
			d.things = slices.DeleteFunc(d.things, func(o *Thing) bool { return o == t })
			continue
		}
		ours := t.Tags[engine.TagProject] == scope.Project && t.Tags[engine.TagEnvironment] == scope.Environment
		if !ours {
			if name := nameOf(t.Spec); name == "" || !slices.Contains(scope.Names(t.Kind), name) {
				continue
			}
			live.Foreign = true
		}
		if d.Attrs != nil {
			live.Attrs = d.Attrs(*t)
		}
		lives = append(lives, live)
	}
	return lives, nil
}

func liveOf[S engine.Spec](t *Thing) (live engine.Live[S], gone bool, err error) {
	live = engine.Live[S]{ID: t.ID, Address: t.Tags[engine.TagAddress], Tags: maps.Clone(t.Tags)}
	switch {
	case t.deleting == 1:
		return live, true, nil
	case t.deleting > 1:
		t.deleting--
		live.Status, live.Reason = engine.Deleting, "on its way out"
	case t.pending > 0:
		t.pending--
		live.Status, live.Reason = engine.Pending, "on its way"
	}
	return live, false, json.Unmarshal(t.Spec, &live.Spec)
}

// Create implements engine.Driver.
func (d Driver[S]) Create(ctx context.Context, id engine.Identity, s S) error {
	return d.mutate("create", s.Kind(), func() error {
		spec, err := json.Marshal(s)
		if err != nil {
			return err
		}
		class := engine.Named
		if i, ok := any(s).(engine.Identified); ok {
			class = i.Identity()
		}
		for _, t := range d.things {
			if t.Kind != s.Kind() {
				continue
			}
			if class == engine.Tokened && t.Token == id.Token && t.deleting == 0 {
				return nil
			}
			if class == engine.Named && nameOf(t.Spec) == id.Name {
				return ErrExists
			}
		}
		d.serial++
		d.things = append(d.things, &Thing{
			ID: fmt.Sprintf("%s-%04d", s.Kind(), d.serial), Kind: s.Kind(), Token: id.Token, Tags: id.Tags,
			Spec: spec, hidden: d.Hide, pending: d.Slow,
		})
		return nil
	})
}

// Update implements engine.Driver.
func (d Driver[S]) Update(ctx context.Context, is engine.Live[S], want S, changed engine.Fields) error {
	return d.mutate("update", want.Kind(), func() error {
		t := d.find(is.ID)
		if t == nil {
			return ErrNotThere
		}
		spec, err := json.Marshal(want)
		t.Spec = spec
		return err
	})
}

// Delete implements engine.Driver.
func (d Driver[S]) Delete(ctx context.Context, is engine.Live[S]) error {
	return d.mutate("delete", is.Spec.Kind(), func() error {
		t := d.find(is.ID)
		if t == nil {
			return ErrNotThere
		}
		for _, other := range d.things {
			if other != t && strings.Contains(string(other.Spec), `"`+t.ID+`"`) {
				return ErrInUse
			}
		}
		t.deleting = d.Slow + 1
		return nil
	})
}

// Tag implements engine.Tagger.
func (d Driver[S]) Tag(ctx context.Context, id string, set map[string]string, unset []string) error {
	return d.mutate("tag", "", func() error {
		t := d.find(id)
		if t == nil {
			return ErrNotThere
		}
		maps.Copy(t.Tags, set)
		for _, key := range unset {
			delete(t.Tags, key)
		}
		return nil
	})
}

func nameOf(spec json.RawMessage) string {
	var named struct {
		Name string `json:"name"`
	}
	_ = json.Unmarshal(spec, &named) // a thing without a name has none
	return named.Name
}
