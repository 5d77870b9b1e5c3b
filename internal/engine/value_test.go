package engine

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestReadIntoAUsedValue: what was there before leaves nothing behind.
func TestReadIntoAUsedValue(t *testing.T) {
	v := Value[string]{expr: json.RawMessage(`{"$ref":"a/b#c"}`)}
	if err := json.Unmarshal([]byte(`"x"`), &v); err != nil {
		t.Fatal(err)
	}
	if got, known := v.Get(); !known || got != "x" {
		t.Errorf("got %q, known %v", got, known)
	}
	if err := json.Unmarshal([]byte(`{"$ref":"a/b#c"}`), &v); err != nil {
		t.Fatal(err)
	}
	if got, known := v.Get(); known || got != "" {
		t.Errorf("got %q, known %v", got, known)
	}
	r := Ref[bare]{address: "bare/a"}
	if err := json.Unmarshal([]byte(`"id"`), &r); err != nil || r.Address() != "" || r.ID() != "id" {
		t.Errorf("got %+v, %v", r, err)
	}
	if err := json.Unmarshal([]byte(`{"$ref":"bare/a#arn"}`), &r); err == nil {
		t.Errorf("an attribute was read as an id: %+v", r)
	}
}

// bare is the simplest spec there is.
type bare struct {
	Name string     `json:"name"`
	To   Ref[bare]  `json:"to,omitzero"`
	Set  Set[int]   `json:"set,omitzero"`
	On   bool       `json:"on"`
	Made Value[int] `json:"made,omitzero"`
}

func (bare) Kind() string { return "bare" }

// TestFormatOfNumbers: a number that becomes known is part of the text.
func TestFormatOfNumbers(t *testing.T) {
	raw := must(json.Marshal(Format("host:%s", Attr[int](Ref[bare]{address: "bare/a"}, "port"))))
	got := resolve(must(decode(raw)), func(string, string) (any, bool) { return float64(3306), true })
	if got != "host:3306" {
		t.Errorf("got %v", got)
	}
	if known, ok := Format("%s-%s", Known(7), "x").Get(); !ok || known != "7-x" {
		t.Errorf("got %q, %v", known, ok)
	}
}

// TestSetsAreOrderFree: however a set is ordered and repeated, its document is
// one, before and after its references are known.
func TestSetsAreOrderFree(t *testing.T) {
	type holder struct {
		Set Set[Ref[bare]] `json:"set"`
	}
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "d"}), 0, 6).Draw(t, "names")
		ids := rapid.Permutation([]any{"1", "2", "3", "4"}).Draw(t, "ids")
		refs := func(names []string) holder {
			h := holder{Set[Ref[bare]]{}}
			for _, n := range names {
				h.Set = append(h.Set, Ref[bare]{address: "bare/" + n})
			}
			return h
		}
		look := func(address, _ string) (any, bool) { return ids[address[5]-'a'], true }
		resolved := func(h holder) Document {
			doc, _ := resolve(map[string]any(must(document(h))), look).(map[string]any)
			return canonical[setSpec](doc)
		}
		one := refs(names)
		other := refs(append(rapid.Permutation(names).Draw(t, "shuffled"), names...))
		if !reflect.DeepEqual(must(document(one)), must(document(other))) || !reflect.DeepEqual(resolved(one), resolved(other)) {
			t.Fatalf("%s and %s", must(json.Marshal(one)), must(json.Marshal(other)))
		}
		list, _ := resolved(one)["set"].([]any)
		if !slices.IsSortedFunc(list, func(a, b any) int { return slices.Compare([]byte(a.(string)), []byte(b.(string))) }) {
			t.Fatalf("not sorted by id: %v", list)
		}
	})
}

type setSpec struct {
	Set Set[Ref[bare]] `json:"set"`
}

func (setSpec) Kind() string { return "set" }

// FuzzValue holds every JSON that reads as a Value to the round trip: it
// marshals to what reads the same, resolves to what is known once everything
// in it is, and resolving is the same before and after the round trip.
func FuzzValue(f *testing.F) {
	for _, seed := range []string{
		`{"$ref":"a/b#id"}`, `{"$join":["a",{"$ref":"a/b#c"}]}`, `"text"`, `null`, `7`, `{"$ref":"#"}`, `{"$ref":"a"}`,
		`{"$join":[{"$join":[{"$ref":"a/b#c"},1,true]},"x"]}`, `{"$join":{"$ref":"a/b#c"}}`, `{"$ref":"a/b#c","x":1}`, `[{"$ref":"a/b#c"}]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		roundTrip[string](t, raw)
		roundTrip[int](t, raw)
		roundTrip[[]string](t, raw)
		var r, again Ref[bare]
		if json.Unmarshal(raw, &r) != nil {
			return
		}
		once := must(json.Marshal(r))
		if err := json.Unmarshal(once, &again); err != nil || r != again {
			t.Fatalf("%s is %+v, marshals to %s, which is %+v, %v", raw, r, once, again, err)
		}
	})
}

func roundTrip[T any](t *testing.T, raw []byte) {
	var v, again Value[T]
	if json.Unmarshal(raw, &v) != nil {
		return
	}
	once, err := json.Marshal(v)
	if err != nil {
		t.Fatalf("%s reads and does not marshal: %v", raw, err)
	}
	if err := json.Unmarshal(once, &again); err != nil {
		t.Fatalf("%s marshals to %s, which does not read: %v", raw, once, err)
	}
	_, known := v.Get()
	if _, still := again.Get(); known != still {
		t.Fatalf("%s: known %v, after the round trip %v", raw, known, still)
	}
	all := func(address, attribute string) (any, bool) { return address + attribute, true }
	before, after := resolve(must(decode(raw)), all), resolve(must(decode(once)), all)
	if !isKnown(before) {
		t.Fatalf("%s resolves to %v", raw, before)
	}
	if !known && !reflect.DeepEqual(before, after) {
		t.Fatalf("%s resolves to %v, after the round trip to %v", raw, before, after)
	}
}
