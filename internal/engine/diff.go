package engine

import (
	"maps"
	"slices"
	"strings"
)

// Cause says who made a field differ.
type Cause string

// Causes of a difference between wanted, recorded and live.
const (
	Edited       Cause = "you edited it"
	ChangedInAWS Cause = "changed in AWS"
	EditedBoth   Cause = "you edited it, and it was changed in AWS"
	RemovedByYou Cause = "you removed it"
	Differs      Cause = "AWS has it otherwise"
)

// FieldChange is one field that differs.
type FieldChange struct {
	Field  string `json:"field"`
	Before any    `json:"before,omitempty"`
	// After is what is wanted; references in it are not known until apply.
	After any `json:"after,omitempty"`
	// Cause is who made the difference; for a field that follows from another
	// object's change it is "follows from ADDRESS".
	Cause Cause `json:"cause"`
	// Replaces is true for a field that cannot be changed in place.
	Replaces bool `json:"replaces,omitempty"`
	// Owner is set for information about a field that is not the config's.
	Owner Owner `json:"owner,omitempty"`
}

// diff compares field by field what is wanted, what was last applied and what
// is live. Only fields that the spec declares, or declared when it was last
// applied, are looked at. Fields of other owners come back as information.
func diff(t traits, wanted, recorded, live Document) (changes, information []FieldChange) {
	fields := slices.Collect(maps.Keys(wanted))
	for field := range recorded {
		if _, ok := wanted[field]; !ok {
			fields = append(fields, field)
		}
	}
	slices.Sort(fields)
	for _, field := range fields {
		if !compared(field) {
			continue
		}
		if field == "tags" {
			changes = append(changes, diffTags(wanted, recorded, live)...)
			continue
		}
		c, differs := diffField(field, wanted, recorded, live)
		if !differs {
			continue
		}
		if owner, ok := t.owners[field]; ok {
			c.Owner = owner
			information = append(information, c)
			continue
		}
		c.Replaces = slices.Contains(t.fixed, field)
		changes = append(changes, c)
	}
	return changes, information
}

func diffField(field string, wanted, recorded, live Document) (FieldChange, bool) {
	w, declared := wanted[field]
	r, l := recorded[field], live[field]
	c := FieldChange{Field: field, Before: l, After: w}
	switch {
	case declared && !isKnown(w):
		c.Cause = follows(w)
	case same(w, l):
		return c, false
	case !declared:
		c.Cause = RemovedByYou
	default:
		c.Cause = causeOf(w, r, l, recorded != nil)
	}
	return c, true
}

func causeOf(w, r, l any, isRecorded bool) Cause {
	switch {
	case !isRecorded:
		return Differs
	case same(r, l):
		return Edited
	case same(r, w):
		return ChangedInAWS
	}
	return EditedBoth
}

// follows names the first object whose change makes the value unknown.
func follows(w any) Cause {
	var from []string
	references(w, func(address, _ string) { from = append(from, address) })
	slices.Sort(from)
	return Cause("follows from " + from[0])
}

// diffTags compares tags key by key: what AWS or others add is not ours.
func diffTags(wanted, recorded, live Document) []FieldChange {
	w, _ := wanted["tags"].(map[string]any)
	r, _ := recorded["tags"].(map[string]any)
	l, read := live["tags"].(map[string]any)
	if !read {
		if recorded == nil {
			return nil
		}
		l = r
	}
	var changes []FieldChange
	for _, key := range slices.Sorted(maps.Keys(union(w, r))) {
		if strings.HasPrefix(key, "aws:") || same(w[key], l[key]) {
			continue
		}
		cause := causeOf(w[key], r[key], l[key], recorded != nil)
		if _, kept := w[key]; !kept {
			cause = RemovedByYou
		}
		changes = append(changes, FieldChange{Field: "tags." + key, Before: l[key], After: w[key], Cause: cause})
	}
	return changes
}

func union(a, b map[string]any) map[string]any {
	both := maps.Clone(a)
	if both == nil {
		both = map[string]any{}
	}
	maps.Copy(both, b)
	return both
}

// split separates changed tags from the fields a driver's Update is asked for.
func split(changes []FieldChange) (fields Fields, set map[string]string, unset []string) {
	set = map[string]string{}
	for _, c := range changes {
		key, isTag := strings.CutPrefix(c.Field, "tags.")
		switch value, ok := c.After.(string); {
		case !isTag:
			fields = append(fields, c.Field)
		case ok:
			set[key] = value
		default:
			unset = append(unset, key)
		}
	}
	return fields, set, unset
}
