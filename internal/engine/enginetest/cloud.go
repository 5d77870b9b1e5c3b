// Package enginetest holds the engine to its promises: an invented cloud that
// hides, delays, refuses and loses answers, a power switch for the client, and
// a suite for drivers. It knows nothing of AWS.
package enginetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	// Status and Reason are what reads report, once it is no longer pending.
	Status engine.Status
	Reason string
	// Keep says why it must not be deleted.
	Keep string
	// Version counts its updates.
	Version int

	hidden, pending int // for how many reads yet
	deleting        int // reads until it is gone; 0: it is not being deleted
	gaps            int // reads it is missing from after it was seen first; -1: not seen yet
	busy            int // deletes it refuses yet
}

// Cloud is an invented cloud. Its zero value answers at once.
type Cloud struct {
	// Hide is how many reads a fresh thing is missing from.
	Hide int
	// Slow is how many reads a fresh thing is pending for, and a deleted one lingers.
	Slow int
	// Flicker is how many reads a thing is missing from after the first that lists it.
	Flicker int
	// Busy is how many deletes of a thing are refused because it is in use.
	Busy int
	// Born, when set, is asked what becomes of a fresh thing; it may edit it.
	Born func(*Thing)
	// Fault, when set, is asked before each mutating call. It may return an
	// error to answer with; done says whether the call is carried out all the same.
	Fault func(call int, op, kind string) (err error, done bool)
	// Deny, when set, is asked before each mutating call on a thing of an address.
	Deny func(op, address string) error
	// Meddle, when set, is called before each mutating call: a second actor.
	Meddle func(call int)
	// Calls counts mutating calls, Reads counts reads.
	Calls, Reads int

	mu     sync.Mutex
	things []*Thing
	tokens map[string]bool // of what was removed behind the engine's back
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

// Remove takes things away behind the engine's back.
func (c *Cloud) Remove(address string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.things = slices.DeleteFunc(c.things, func(t *Thing) bool {
		if t.Tags[engine.TagAddress] != address {
			return false
		}
		if c.tokens == nil {
			c.tokens = map[string]bool{}
		}
		c.tokens[t.Token] = true
		return true
	})
}

// Put makes a thing behind the engine's back.
func (c *Cloud) Put(t Thing) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.serial++
	t.ID = fmt.Sprintf("%s-%04d", t.Kind, c.serial)
	c.things = append(c.things, &t)
}

// mutate carries out one mutating call on an id, or on an address that has none
// yet, under the switch and the faults.
func (c *Cloud) mutate(ctx context.Context, op, kind, on string, call func() error) error {
	if c.Meddle != nil {
		c.mu.Lock()
		next := c.Calls + 1
		c.mu.Unlock()
		c.Meddle(next)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cut {
		return ErrCut
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	c.Calls++
	if c.Deny != nil {
		if t := c.find(on); t != nil {
			on = t.Tags[engine.TagAddress]
		}
		if err := c.Deny(op, on); err != nil {
			return err
		}
	}
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
