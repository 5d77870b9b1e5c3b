package engine

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// known resolves every reference of a document.
func known(d Document) Document {
	doc, _ := resolve(map[string]any(d), func(address, attribute string) (any, bool) { return address + attribute, true }).(map[string]any)
	return doc
}

// worlds draws a wanted, a recorded and a live document, alike in part.
func worlds(t *rapid.T) (wanted, recorded, live Document) {
	wanted, recorded, live = anyDocument().Draw(t, "wanted"), known(anyDocument().Draw(t, "recorded")), known(anyDocument().Draw(t, "live"))
	for field := range wanted {
		switch rapid.IntRange(0, 3).Draw(t, "alike in "+field) {
		case 0:
			live[field] = known(wanted)[field]
		case 1:
			recorded[field] = known(wanted)[field]
		case 2:
			recorded[field], live[field] = known(wanted)[field], known(wanted)[field]
		}
	}
	if rapid.Bool().Draw(t, "unrecorded") {
		recorded = nil
	}
	return wanted, recorded, live
}

// TestDiffIsExact: what is reported differs or is not known yet, with its true
// cause; what is not reported is as wanted; owners' fields are information.
func TestDiffIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		wanted, recorded, live := worlds(t)
		kind := traits{fixed: []string{"a"}, owners: map[string]Owner{"b": OwnerDeployer}}
		changes, info := diff(kind, wanted, recorded, live)
		reported := map[string]bool{}
		for _, c := range slices.Concat(changes, info) {
			if reported[c.Field] {
				t.Fatalf("%s is reported twice", c.Field)
			}
			reported[c.Field] = true
			w, declared := wanted[c.Field]
			if (c.Field == "b") != (c.Owner == OwnerDeployer) || c.Replaces != (c.Field == "a") {
				t.Fatalf("owner and replacement: %+v", c)
			}
			want := causeInWords(w, declared, recorded, live, c.Field)
			if c.Cause != want {
				t.Fatalf("%s: cause %q, want %q", c.Field, c.Cause, want)
			}
			if isKnown(w) && same(w, live[c.Field]) {
				t.Fatalf("%s is reported and is the same", c.Field)
			}
		}
		if slices.ContainsFunc(info, func(c FieldChange) bool { return c.Field != "b" }) {
			t.Fatalf("information about the config's fields: %v", info)
		}
		for _, field := range []string{"a", "b", "c"} {
			_, declared := wanted[field]
			_, was := recorded[field]
			if !reported[field] && (declared || was) && !(isKnown(wanted[field]) && same(wanted[field], live[field])) {
				t.Fatalf("%s is not reported: wanted %v, live %v", field, wanted[field], live[field])
			}
		}
	})
}

// causeInWords is the rule again, from the reader's side.
func causeInWords(w any, declared bool, recorded, live Document, field string) Cause {
	edited, drifted := !same(w, recorded[field]), !same(recorded[field], live[field])
	switch {
	case !isKnown(w):
		return follows(w)
	case !declared:
		return RemovedByYou
	case recorded == nil:
		return Differs
	case edited && drifted:
		return EditedBoth
	case drifted:
		return ChangedInAWS
	}
	return Edited
}

// TestUnknownFollows: a reference that is not known is a change that names it.
func TestUnknownFollows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		wanted, recorded, live := worlds(t)
		wanted["c"] = []any{map[string]any{"$join": []any{"x", map[string]any{"$ref": "kind/z#id"}}}}
		changes, _ := diff(traits{}, wanted, recorded, live)
		i := slices.IndexFunc(changes, func(c FieldChange) bool { return c.Field == "c" })
		if i < 0 || changes[i].Cause != "follows from kind/z" {
			t.Fatalf("got %v", changes)
		}
	})
}

// TestZeroIsAbsent: documents of specs that write a zero and of those that
// leave it out are the same.
func TestZeroIsAbsent(t *testing.T) {
	zeros := []any{nil, false, float64(0), "", []any{}, map[string]any{}}
	rapid.Check(t, func(t *rapid.T) {
		d := known(anyDocument().Draw(t, "d"))
		padded := func() Document {
			p := Document(union(d, nil))
			for _, field := range []string{"a", "b", "c"} {
				if isZero(d[field]) && rapid.Bool().Draw(t, "written") {
					p[field] = rapid.SampledFrom(zeros).Draw(t, "zero")
				}
			}
			return p
		}
		if changes, info := diff(traits{}, padded(), padded(), padded()); len(changes)+len(info) > 0 {
			t.Fatalf("changes %v, information %v", changes, info)
		}
	})
}

// TestTagsKeyByKey: only keys that are or were ours are looked at, and setting
// what is asked for leaves nothing to ask for.
func TestTagsKeyByKey(t *testing.T) {
	tags := rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "c", "aws:x"}), rapid.SampledFrom([]any{"1", "2"}), 0, 4)
	rapid.Check(t, func(t *rapid.T) {
		w, r, l := tags.Draw(t, "wanted"), tags.Draw(t, "recorded"), tags.Draw(t, "live")
		wanted, recorded, live := Document{"tags": w}, Document{"tags": r}, Document{"tags": l}
		changes, _ := diff(traits{}, wanted, recorded, live)
		fields, set, unset := split(changes)
		if len(fields) > 0 || len(set)+len(unset) != len(changes) {
			t.Fatalf("fields %v among %v", fields, changes)
		}
		after := union(l, nil)
		for key, value := range set {
			after[key] = value
		}
		for _, key := range unset {
			delete(after, key)
		}
		for key, is := range after {
			_, mine := w[key]
			if _, was := r[key]; strings.HasPrefix(key, "aws:") || !mine && !was {
				if is != l[key] {
					t.Fatalf("%s is not ours and was changed", key)
				}
			} else if is != w[key] {
				t.Fatalf("%s is %v, wanted %v", key, is, w[key])
			}
		}
		if again, _ := diff(traits{}, wanted, recorded, Document{"tags": after}); len(again) > 0 {
			t.Fatalf("asked again for %v", again)
		}
		if unread, _ := diff(traits{}, wanted, wanted, Document{}); len(unread) > 0 {
			t.Fatalf("tags that were not read count as set, not as %v", unread)
		}
	})
}

// TestFixedReplaces: a plan replaces an object when, and only when, a fixed
// field changes.
func TestFixedReplaces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		wanted, recorded, live := worlds(t)
		changes, _ := diff(traits{fixed: []string{"a", "c"}}, wanted, recorded, live)
		var replacing []string
		for _, c := range changes {
			if c.Replaces {
				replacing = append(replacing, c.Field)
			}
		}
		var want []string
		for _, c := range changes {
			if c.Field == "a" || c.Field == "c" {
				want = append(want, c.Field)
			}
		}
		if !reflect.DeepEqual(replacing, want) {
			t.Fatalf("replacing %v, want %v", replacing, want)
		}
	})
}
