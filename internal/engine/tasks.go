package engine

import "slices"

// tasks lays out the work of a plan: makers in order of declaration, then
// deletes. Makers follow the references; deletes follow them backwards, and
// nothing is taken away before everything made or changed is there, but where
// something new needs the name of what goes.
func (r *run) tasks() []*task {
	var makers, deletes []*task
	leaving := map[string][]*task{} // address → deletes of objects found on their way out
	for i := range r.plan.Changes {
		c := &r.plan.Changes[i]
		kind, _ := r.kind(kindOf(c.Address))
		if c.Action == Delete {
			d := &task{kind: kind, change: c, action: Delete}
			deletes = append(deletes, d)
			if c.live.Status == Deleting {
				leaving[c.Address] = append(leaving[c.Address], d)
			}
			continue
		}
		made := &task{kind: kind, change: c, action: c.Action, wants: wants(c.wanted)}
		makers = append(makers, made)
		if c.Action == Replace {
			old := &task{kind: kind, change: c, action: Delete}
			deletes = append(deletes, old)
			if c.DeleteFirst {
				made.after = append(made.after, old)
			}
		}
	}
	for _, m := range makers {
		if m.action == Create && m.kind.class != Tagged {
			m.after = append(m.after, leaving[m.change.Address]...) // it holds the name, or the token
		}
	}
	r.order(makers, deletes)
	return append(makers, deletes...)
}

// order says what each delete waits for.
func (r *run) order(makers, deletes []*task) {
	r.dependents(deletes)
	first := map[*task]bool{} // what some maker waits for, and what that waits for
	var lead func(t *task)
	lead = func(t *task) {
		if !first[t] {
			first[t] = true
			for _, a := range t.after {
				lead(a)
			}
		}
	}
	late := map[string]bool{} // makers that wait for a delete, or for such a maker
	var early []*task
	for _, m := range makers {
		for _, a := range m.after {
			lead(a)
		}
		isLate := len(m.after) > 0
		for address := range m.wants {
			isLate = isLate || late[address]
		}
		late[m.change.Address] = isLate
		if !isLate {
			early = append(early, m)
		}
	}
	for _, d := range deletes {
		switch {
		case d.change.Action == Replace && d.change.DeleteFirst:
			d.holders = holders(d, makers)
		case d.change.live.Status == Deleting:
		case first[d]:
			d.after = append(d.after, early...)
		default:
			d.after = append(d.after, makers...)
		}
	}
}

// holders are the objects that use what is taken away first, and that can only
// let go when its replacement is there.
func holders(d *task, makers []*task) []string {
	var all []string
	for _, m := range makers {
		if m.wants[d.change.Address] != nil && m.action == Update {
			all = append(all, m.change.Address)
		}
	}
	return all
}

// dependents has each delete wait for those of objects that name its own: by
// what was recorded, by what the config says, and by the ids in live documents.
// Two that name each other do not wait.
func (r *run) dependents(deletes []*task) {
	at := map[string][]*task{} // by address, and by id
	for _, d := range deletes {
		at[d.change.Address] = append(at[d.change.Address], d)
		if id := d.change.live.ID; id != "" {
			at["#"+id] = append(at["#"+id], d)
		}
	}
	names := map[*task]map[*task]bool{}
	for _, d := range deletes {
		names[d] = map[*task]bool{}
		for _, key := range r.naming(d) {
			for _, t := range at[key] {
				names[d][t] = t != d
			}
		}
	}
	for _, d := range deletes {
		for t, named := range names[d] {
			if named && !names[t][d] {
				t.after = append(t.after, d)
			}
		}
	}
}

// naming gives the addresses a delete's object refers to: what was recorded and
// what the config says is certain. For an object that neither knows, such as
// one left over beside its replacement, the ids in its live document, with #
// before them, have to do.
func (r *run) naming(d *task) []string {
	recorded := r.plan.last.Objects[d.change.Address]
	edges, known := recorded.Edges, recorded.ID == d.change.live.ID
	for _, st := range []*Stack{r.plan.stack, r.plan.hints} {
		if st == nil {
			continue
		}
		if doc, declared := st.objects[d.change.Address]; declared {
			edges = slices.Concat(edges, doc.Edges())
			known = known || st == r.plan.hints
		}
	}
	if known {
		return edges
	}
	ids := slices.Clone(edges)
	for field, value := range d.change.live.Document {
		if field != "name" && field != "tags" { // names are alike across kinds
			mentions(value, func(s string) { ids = append(ids, "#"+s) })
		}
	}
	return ids
}

// wants lists the attributes a document asks of each object.
func wants(d Document) map[string][]string {
	all := map[string][]string{}
	references(map[string]any(d), func(address, attribute string) { all[address] = append(all[address], attribute) })
	return all
}
