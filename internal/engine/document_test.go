package engine

import (
	"encoding/json"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// anyValue draws JSON data, references and joins among it.
func anyValue(depth int) *rapid.Generator[any] {
	leaf := []*rapid.Generator[any]{
		rapid.Map(rapid.StringN(0, 5, 20), func(s string) any { return s }),
		rapid.Map(rapid.IntRange(-9, 9), func(n int) any { return float64(n) }),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		rapid.Map(rapid.SampledFrom([]string{"a", "b", "c"}), func(s string) any {
			return map[string]any{"$ref": "kind/" + s + "#id"}
		}),
		rapid.Just[any](nil),
	}
	if depth == 0 {
		return rapid.OneOf(leaf...)
	}
	inner := anyValue(depth - 1)
	return rapid.OneOf(append(leaf,
		rapid.Map(rapid.SliceOfN(inner, 0, 3), func(s []any) any { return s }),
		rapid.Map(rapid.SliceOfN(inner, 1, 3), func(s []any) any { return map[string]any{"$join": s} }),
		rapid.Map(rapid.MapOfN(rapid.SampledFrom([]string{"x", "y", "z"}), inner, 0, 3), func(m map[string]any) any { return m }),
	)...)
}

func anyDocument() *rapid.Generator[Document] {
	return rapid.Map(rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "c", "$after"}), anyValue(3), 0, 4),
		func(m map[string]any) Document { return m })
}

func some(address, attribute string) (any, bool) { return address + attribute, address != "kind/c" }

func TestResolveIsIdempotent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := anyValue(4).Draw(t, "v")
		once := resolve(v, some)
		if twice := resolve(once, some); !reflect.DeepEqual(once, twice) {
			t.Fatalf("once %v, twice %v", once, twice)
		}
		references(once, func(address, _ string) {
			if address != "kind/c" {
				t.Fatalf("%s is known and still a reference in %v", address, once)
			}
		})
	})
}

func TestDiffOfTheSameIsEmpty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, _ := resolve(map[string]any(anyDocument().Draw(t, "d")), func(a, _ string) (any, bool) { return a, true }).(map[string]any)
		recorded := anyDocument().Draw(t, "recorded")
		for field := range recorded {
			if _, declared := d[field]; !declared {
				delete(recorded, field)
			}
		}
		if changes, info := diff(traits{}, d, recorded, d); len(changes)+len(info) > 0 {
			t.Fatalf("changes %v, information %v", changes, info)
		}
	})
}

// TestDiffConverges: after all that a diff asks for is set, nothing is asked.
func TestDiffConverges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		known := func(a, _ string) (any, bool) { return a, true }
		wanted, _ := resolve(map[string]any(anyDocument().Draw(t, "wanted")), known).(map[string]any)
		live, _ := resolve(map[string]any(anyDocument().Draw(t, "live")), known).(map[string]any)
		recorded := anyDocument().Draw(t, "recorded")
		changes, _ := diff(traits{}, wanted, recorded, live)
		for _, c := range changes {
			live[c.Field] = c.After
		}
		if again, _ := diff(traits{}, wanted, recorded, live); len(again) > 0 {
			t.Fatalf("asked again for %v", again)
		}
	})
}

func TestValues(t *testing.T) {
	type target struct {
		A Value[string] `json:"a"`
		B Value[int]    `json:"b,omitzero"`
		C Set[string]   `json:"c"`
	}
	in := target{A: Format("x-%s-%s", "1", Value[string]{expr: json.RawMessage(`{"$ref":"k/n#dns"}`)}), C: Set[string]{"b", "a", "b"}}
	raw, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"a":{"$join":["x-","1","-",{"$ref":"k/n#dns"},""]},"c":["a","b"]}`
	if string(raw) != want {
		t.Errorf("got %s, want %s", raw, want)
	}
	var back target
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatal(err)
	}
	if _, known := back.A.Get(); known {
		t.Error("an unresolved value reads back as known")
	}
	doc, _ := Parse(raw)
	resolved, _ := resolve(map[string]any(doc), func(string, string) (any, bool) { return "host", true }).(map[string]any)
	if resolved["a"] != "x-1-host" {
		t.Errorf("resolved to %v", resolved["a"])
	}
}
