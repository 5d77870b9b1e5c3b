package engine

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
)

// Document is a spec as JSON data: what plans, state, goldens, costs, checks
// and exports read. Fields that begin with $ order and group, and are never
// compared.
type Document map[string]any

// Name is the physical name the document declares, or "".
func (d Document) Name() string { return d.Text("name") }

// Text returns a field that is a known string, or "".
func (d Document) Text(field string) string { s, _ := d[field].(string); return s }

// Edges are the addresses the document refers to, sorted.
func (d Document) Edges() []string {
	var edges []string
	references(map[string]any(d), func(address, _ string) { edges = append(edges, address) })
	slices.Sort(edges)
	return slices.Compact(edges)
}

// JSON is the document's canonical encoding.
func (d Document) JSON() json.RawMessage { return must(json.Marshal(d)) }

// Parse reads a document from JSON.
func Parse(raw []byte) (Document, error) {
	var d Document
	err := json.Unmarshal(raw, &d)
	return d, err
}

// document turns a spec into its document.
func document(spec any) (Document, error) {
	raw, err := json.Marshal(spec)
	if err != nil {
		return nil, err
	}
	return Parse(raw)
}

func decode(raw []byte) (any, error) {
	var v any
	err := json.NewDecoder(bytes.NewReader(raw)).Decode(&v)
	return v, err
}

// lookup gives the value of another object's attribute, if it is known.
type lookup func(address, attribute string) (any, bool)

func nothing(string, string) (any, bool) { return nil, false }

// resolve returns v with every reference that look knows replaced by its
// value; what is not known stays a reference.
func resolve(v any, look lookup) any {
	switch v := v.(type) {
	case map[string]any:
		if address, attribute, ok := refOf(v); ok {
			if value, known := look(address, attribute); known {
				return value
			}
			return v
		}
		if parts, ok := v["$join"].([]any); ok {
			return join(parts, look)
		}
		out := make(map[string]any, len(v))
		for key, value := range v {
			out[key] = resolve(value, look)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, value := range v {
			out[i] = resolve(value, look)
		}
		return out
	}
	return v
}

func join(parts []any, look lookup) any {
	var joined strings.Builder
	resolved := make([]any, len(parts))
	known := true
	for i, part := range parts {
		resolved[i] = resolve(part, look)
		s, ok := text(resolved[i])
		known = known && ok
		joined.WriteString(s)
	}
	if !known {
		return map[string]any{"$join": resolved}
	}
	return joined.String()
}

// text writes a value as part of a text: a string as it is, numbers and truths
// as JSON has them.
func text(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case float64, bool:
		return string(must(json.Marshal(v))), true
	}
	return "", false
}

// references calls found for every reference left in v.
func references(v any, found func(address, attribute string)) {
	switch v := v.(type) {
	case map[string]any:
		if address, attribute, ok := refOf(v); ok {
			found(address, attribute)
			return
		}
		for _, value := range v {
			references(value, found)
		}
	case []any:
		for _, value := range v {
			references(value, found)
		}
	}
}

func refOf(v map[string]any) (address, attribute string, ok bool) {
	s, ok := v["$ref"].(string)
	if !ok || len(v) != 1 {
		return "", "", false
	}
	return strings.Cut(s, "#")
}

// isKnown reports whether no reference is left in v.
func isKnown(v any) bool {
	known := true
	references(v, func(string, string) { known = false })
	return known
}

// mentions calls found for every string in v: the ids an object names.
func mentions(v any, found func(string)) {
	switch v := v.(type) {
	case string:
		found(v)
	case map[string]any:
		for _, value := range v {
			mentions(value, found)
		}
	case []any:
		for _, value := range v {
			mentions(value, found)
		}
	}
}

// isZero reports whether v says nothing: absent, null, false, 0, "" or empty.
// Specs of different versions differ in which of these they write.
func isZero(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return !v
	case float64:
		return v == 0
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// same compares two values of documents.
func same(a, b any) bool { return isZero(a) && isZero(b) || reflect.DeepEqual(a, b) }
