package engine

import (
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"github.com/keyedin-app/keyedin-infra/internal/state"
)

// Plan is what an apply would do. It is pure: made from documents alone.
type Plan struct {
	Changes []Change `json:"changes"`
	// Notes is information: what other owners hold, what stays, what was found again.
	Notes []Note `json:"notes,omitempty"`
	// Problems are reasons why the plan must not be applied.
	Problems []Note `json:"problems,omitempty"`
	// Recovered are addresses that are live and were not recorded: what an
	// interrupted run, or a lost state, left.
	Recovered []string `json:"recovered,omitempty"`
	// Digests say what each object's part of the plan was made from.
	Digests map[string]string `json:"digests"`

	stack *Stack
	hints *Stack
	last  state.State
	world World
	index index
	kept  map[string]Object // address → the live object that stays
	// unrecorded is true when the state must be written though nothing changes.
	unrecorded bool
}

// Note is a line of information about an object.
type Note struct {
	Address string `json:"address"`
	Text    string `json:"text"`
}

// Count returns how many changes have one of the actions.
func (p *Plan) Count(actions ...Action) int {
	n := 0
	for _, c := range p.Changes {
		if slices.Contains(actions, c.Action) {
			n++
		}
	}
	return n
}

// Empty reports whether applying would do nothing to AWS.
func (p *Plan) Empty() bool { return p.Count(Create, Update, Replace, Delete) == 0 }

// planner makes one plan.
type planner struct {
	*Engine
	Plan
	taken map[string]bool // kind+id of live objects an address has claimed
	acts  map[string]Action
	first map[string]bool // addresses whose old object goes before the new one comes
}

// Plan compares what is wanted, recorded and live. hints is a stack whose
// edges are known to hold too: for destroy, what the config would want.
func (e *Engine) Plan(want *Stack, last state.State, is World, hints *Stack) *Plan {
	p := planner{
		Engine: e, taken: map[string]bool{}, acts: map[string]Action{}, first: map[string]bool{},
		Plan: Plan{stack: want, hints: hints, last: last, world: is, index: indexOf(is, last), kept: map[string]Object{}, Digests: map[string]string{}},
	}
	for _, address := range want.order {
		p.object(address, want.objects[address])
	}
	p.leftovers()
	p.gone()
	slices.SortStableFunc(p.Recovered, cmp.Compare[string])
	return &p.Plan
}

func (p *planner) object(address string, declared Document) {
	kind, ok := p.kind(kindOf(address))
	if !ok {
		panic("engine: no driver for " + address)
	}
	wanted := kind.resolved(declared, p.look)
	recorded := p.recorded(address)
	live := p.match(kind, address, wanted)
	c := Change{Address: address, Module: declared.Text("$module"), wanted: declared, live: live}
	p.digest(address, kind, wanted, recorded, live)
	switch {
	case live == nil:
		c.Action = Create
		if p.last.Objects[address].ID != "" {
			c.Reason = "it is gone from AWS"
		}
	case live.Foreign:
		p.Problems = append(p.Problems, Note{address, fmt.Sprintf(
			"%s %q exists and is not part of this environment; choose another name, or delete it", kind.Name, wanted["name"])})
		p.acts[address] = Await
		return
	default:
		p.existing(&c, kind, wanted, recorded)
	}
	p.acts[address] = c.Action
	if c.Action != "" {
		p.Changes = append(p.Changes, c)
	}
}

// existing decides what becomes of an object that is there.
func (p *planner) existing(c *Change, kind Kind, wanted, recorded Document) {
	live := c.live
	p.kept[c.Address] = *live
	c.ID = live.ID
	if p.last.Objects[c.Address].ID != live.ID {
		p.unrecorded = true
		if p.last.Objects[c.Address].ID == "" {
			p.Recovered = append(p.Recovered, c.Address)
		}
	}
	fields, info := diff(kind.traits, wanted, recorded, live.Document)
	for _, f := range info {
		p.Notes = append(p.Notes, Note{c.Address, fmt.Sprintf("%s is %s, which is %s's business", f.Field, brief(f.Before), f.Owner)})
	}
	c.Fields = fields
	replaced := slices.ContainsFunc(fields, func(f FieldChange) bool { return f.Replaces })
	switch {
	case live.Status == Failed && kind.loses == "":
		replaced, c.Reason = true, "AWS reports it failed: "+live.Reason
	case live.Status == Failed:
		p.Problems = append(p.Problems, Note{c.Address, "AWS reports it failed: " + live.Reason})
	}
	switch {
	case replaced:
		p.replace(c, kind, wanted)
	case len(fields) > 0:
		c.Action = Update
		changed, _, _ := split(fields)
		if len(changed) > 0 {
			c.Effect = kind.effect(changed)
		}
		for _, f := range fields {
			if why := kind.refuses(f); why != "" {
				p.Problems = append(p.Problems, Note{c.Address, why})
			}
		}
	case live.Status != Ready:
		c.Action, c.Reason = Await, live.Reason
	case !sameRecord(recorded, wanted):
		p.unrecorded = true
	}
}

func (p *planner) replace(c *Change, kind Kind, wanted Document) {
	c.Action = Replace
	delete(p.kept, c.Address)
	if kind.foundation != "" {
		p.Problems = append(p.Problems, Note{c.Address, "cannot be replaced while the environment lives: " + kind.foundation})
	}
	if keep := cmp.Or(kind.keeps, c.live.Keep); keep != "" {
		p.Problems = append(p.Problems, Note{c.Address, "cannot be replaced, as the old one stays: " + keep})
	}
	name := wanted.Name()
	c.DeleteFirst = name != "" && name == c.live.Document.Name() || kind.class == Named && name == "" || p.goesWith(c)
	p.first[c.Address] = c.DeleteFirst
	c.Loses = kind.loses
	switch {
	case c.Loses != "":
		c.Effect = Effect{DataIsLost, "REPLACES, DATA IS LOST: " + c.Loses}
		if kind.moves != "" {
			c.Effect.Text += ". To keep the data, " + kind.moves
		}
	case c.DeleteFirst:
		c.Effect = Effect{Downtime, "taken away before it is made anew"}
	default:
		c.Effect = Effect{NoEffect, "made anew before the old one goes"}
	}
}

// goesWith reports whether an object is replaced because it is part, for good,
// of one that is taken away first, and therefore has to go before that.
func (p *planner) goesWith(c *Change) bool {
	first := false
	for _, f := range c.Fields {
		if f.Replaces {
			references(f.After, func(address, _ string) { first = first || p.first[address] })
		}
	}
	return first
}

// Live returns the live object of an address, whatever is to become of it.
func (p *Plan) Live(address string) (Object, bool) {
	if o, ok := p.kept[address]; ok {
		return o, true
	}
	for _, c := range p.Changes {
		if c.Address == address && c.live != nil {
			return *c.live, true
		}
	}
	return Object{}, false
}

// Remember replaces the state the plan is carried out from: what was booked in
// it since the plan was made. Its objects must be the same.
func (p *Plan) Remember(s state.State) { p.last = s }

// look gives attributes of objects that stay as they are. What is created,
// replaced, or changes with an update is not known before apply.
func (p *planner) look(address, attribute string) (any, bool) {
	o, ok := p.kept[address]
	if !ok {
		return nil, false
	}
	kind, _ := p.kind(o.Kind)
	if p.acts[address] == Update && slices.Contains(kind.volatile, attribute) {
		return nil, false
	}
	return o.attribute(attribute)
}

func (p *planner) recorded(address string) Document {
	o, ok := p.last.Objects[address]
	if !ok || len(o.Document) == 0 {
		return nil
	}
	doc, err := Parse(o.Document)
	if err != nil {
		return nil
	}
	return doc
}

// sameRecord reports whether what is recorded is what is wanted, so that the
// state need not be written.
func sameRecord(recorded, wanted Document) bool {
	return recorded != nil && reflect.DeepEqual(recorded, wanted)
}

// brief is a value on one short line.
func brief(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return "?"
	}
	if len(raw) > 60 {
		return string(raw[:57]) + "..."
	}
	return string(raw)
}
