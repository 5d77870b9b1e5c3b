package engine

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/keyedin-app/keyedin-infra/internal/state"
)

// match finds the live object that an address already has. Where a crash or a
// replacement left several, the one that is as wanted in all that cannot be
// changed in place wins, then the recorded one; the rest are left over.
func (p *planner) match(kind Kind, address string, wanted Document) *Object {
	recordedID := p.last.Objects[address].ID
	var best *Object
	found := slices.Concat(
		p.index.found[address], p.index.found[keyOf(kind.Name, recordedID)], p.index.found[byName(kind.Name, wanted)])
	for _, o := range found {
		if o.Kind != kind.Name || p.taken[key(*o)] || o.Status == Deleting || !p.candidate(o, address, wanted, recordedID) {
			continue
		}
		if best == nil || p.better(kind, wanted, recordedID, o, best) {
			best = o
		}
	}
	if best != nil {
		p.taken[key(*best)] = true
	}
	return best
}

// candidate reports whether a live object may be the one of an address.
func (p *planner) candidate(o *Object, address string, wanted Document, recordedID string) bool {
	named := wanted.Name() != "" && o.Document.Name() == wanted.Name()
	switch {
	case o.Address == address || o.Foreign && named:
		return true
	case o.Address != "":
		return false
	case o.ID != "" && o.ID == recordedID:
		return true
	}
	return named && p.addressOf(*o) == ""
}

func (p *planner) better(kind Kind, wanted Document, recordedID string, a, b *Object) bool {
	rank := func(o *Object) int {
		n := 0
		if fits(kind, wanted, o.Document) {
			n += 8
		}
		if o.Status != Failed {
			n += 4
		}
		if o.ID == recordedID {
			n += 2
		}
		if !o.Foreign {
			n += 16
		}
		return n
	}
	if d := cmp.Compare(rank(a), rank(b)); d != 0 {
		return d > 0
	}
	return a.ID < b.ID
}

func fits(kind Kind, wanted, live Document) bool {
	return !slices.ContainsFunc(kind.fixed, func(f string) bool { return !same(wanted[f], live[f]) })
}

// leftovers deletes what is live and ours, and is not, or no longer, wanted.
func (p *planner) leftovers() {
	first := len(p.Changes)
	for _, o := range p.world {
		if o.Foreign || o.Address == "" && !p.isRecorded(o) || p.taken[key(o)] {
			continue
		}
		kind, _ := p.kind(o.Kind)
		p.leftover(kind, &o)
	}
	slices.SortFunc(p.Changes[first:], func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.Address, b.Address), cmp.Compare(a.ID, b.ID))
	})
}

func (p *planner) leftover(kind Kind, o *Object) {
	address := o.Address
	if address == "" {
		address = p.addressOf(*o)
	}
	c := Change{Action: Delete, Address: address, ID: o.ID, live: o, Loses: kind.loses, Module: p.moduleOf(address)}
	_, wanted := p.stack.objects[address]
	keep := cmp.Or(kind.keeps, o.Keep)
	switch {
	case keep != "":
		p.Notes = append(p.Notes, Note{address, "stays: " + keep})
		return
	case o.Status == Deleting:
		c.Reason = "it is being deleted"
	case wanted:
		c.Reason = "left over from an interrupted run"
	case p.last.Objects[address].ID == "" && p.hints == nil:
		c.Reason = "not in the config, and not recorded"
	}
	if c.Loses != "" {
		c.Effect = Effect{DataIsLost, "DATA IS LOST: " + c.Loses}
	}
	p.Digests[fmt.Sprintf("%s %s", address, o.ID)] = "delete"
	p.Changes = append(p.Changes, c)
}

// gone forgets recorded objects that are neither wanted nor live.
func (p *planner) gone() {
	for address := range p.last.Objects {
		if _, wanted := p.stack.objects[address]; !wanted && !p.index.at[address] {
			p.unrecorded = true
		}
	}
}

func (p *planner) isRecorded(o Object) bool { return p.addressOf(o) != "" }

func (p *planner) addressOf(o Object) string {
	if o.ID == "" {
		return ""
	}
	return p.index.recorded[key(o)]
}

func (p *planner) moduleOf(address string) string {
	if p.hints != nil {
		if d, ok := p.hints.objects[address]; ok {
			return d.Text("$module")
		}
	}
	return p.recorded(address).Text("$module")
}

// digest says what an object's part of the plan was made from, so that a
// saved plan is refused when anything of it moved.
func (p *planner) digest(address string, kind Kind, wanted, recorded Document, live *Object) {
	seen := Document{}
	id := ""
	if live != nil {
		id = live.ID
		for field := range union(wanted, recorded) {
			if _, owned := kind.owners[field]; compared(field) && !owned {
				seen[field] = live.Document[field]
			}
		}
		seen["tags"] = tagsOf(live.Document, union(tagsOf(wanted, nil), tagsOf(recorded, nil)))
		seen["$failed"], seen["$keep"] = live.Status == Failed, live.Keep
	}
	raw := must(json.Marshal([]any{wanted, recorded, id, seen}))
	sum := sha256.Sum256(raw)
	p.Digests[address] = hex.EncodeToString(sum[:8])
}

// tagsOf gives a document's tags, or those of them that among has.
func tagsOf(d Document, among map[string]any) map[string]any {
	tags, _ := d["tags"].(map[string]any)
	if among == nil {
		return tags
	}
	some := map[string]any{}
	for name := range among {
		if value, ok := tags[name]; ok {
			some[name] = value
		}
	}
	return some
}

// Digest is one digest for the whole plan and the state it was made from.
func (p *Plan) Digest() string {
	raw := must(json.Marshal([]any{p.last.Lineage, p.Digests}))
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// Moved lists the addresses whose digests differ between two plans, sorted.
func Moved(before, after map[string]string) []string {
	var moved []string
	for address := range maps.Keys(before) {
		if before[address] != after[address] {
			moved = append(moved, address)
		}
	}
	for address := range after {
		if _, ok := before[address]; !ok {
			moved = append(moved, address)
		}
	}
	slices.Sort(moved)
	return moved
}

// Last is the state the plan was made from.
func (p *Plan) Last() state.State { return p.last }
