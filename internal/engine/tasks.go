package engine

import "slices"

// tasks lays out the work of a plan: makers in order of declaration, then
// deletes. Makers follow the references; deletes follow them backwards, and
// nothing is taken away before everything made or changed is there, but where
// a replacement needs the old one's name.
func (r *run) tasks() []*task {
	var makers, deletes []*task
	for i := range r.plan.Changes {
		c := &r.plan.Changes[i]
		kind, _ := r.kind(kindOf(c.Address))
		if c.Action == Delete {
			deletes = append(deletes, &task{kind: kind, change: c, action: Delete})
			continue
		}
		made := &task{kind: kind, change: c, action: c.Action, wants: wants(c.wanted)}
		makers = append(makers, made)
		if c.Action != Replace {
			continue
		}
		old := &task{kind: kind, change: c, action: Delete}
		deletes = append(deletes, old)
		if c.DeleteFirst {
			made.after = append(made.after, old)
		}
	}
	for _, d := range deletes {
		d.after = slices.Concat(r.dependents(d, deletes), d.behind(makers))
	}
	return append(makers, deletes...)
}

// behind are the makers a delete waits for.
func (t *task) behind(makers []*task) []*task {
	if t.change.Action == Replace && t.change.DeleteFirst {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(makers), func(m *task) bool { return m.waitsFor(t) })
}

func (t *task) waitsFor(other *task) bool {
	return t == other || slices.ContainsFunc(t.after, func(a *task) bool { return a == other || a.waitsFor(other) })
}

// dependents are the deletes of objects that still name t's object: by what
// was recorded, by what the config says, and by the ids in live documents.
func (r *run) dependents(t *task, deletes []*task) []*task {
	var found []*task
	for _, d := range deletes {
		if d != t && r.names(d, t) && !r.names(t, d) {
			found = append(found, d)
		}
	}
	return found
}

// names reports whether d's object refers to t's. What was recorded and what
// the config says is certain; only for an object that neither knows, the ids
// in its live document have to do.
func (r *run) names(d, t *task) bool {
	recorded, known := r.plan.last.Objects[d.change.Address]
	edges := recorded.Edges
	for _, st := range []*Stack{r.plan.stack, r.plan.hints} {
		if st == nil {
			continue
		}
		if doc, declared := st.objects[d.change.Address]; declared {
			known, edges = true, slices.Concat(edges, doc.Edges())
		}
	}
	if known {
		return slices.Contains(edges, t.change.Address)
	}
	named := false
	id := t.change.live.ID
	for field, value := range d.change.live.Document {
		if field != "name" && field != "tags" { // names are alike across kinds
			mentions(value, func(s string) { named = named || s == id && id != "" })
		}
	}
	return named
}

// wants lists the attributes a document asks of each object.
func wants(d Document) map[string][]string {
	all := map[string][]string{}
	references(map[string]any(d), func(address, attribute string) { all[address] = append(all[address], attribute) })
	return all
}
