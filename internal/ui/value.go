package ui

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// difference says what a list or a structure gained and lost; other long
// values are cut.
func difference(before, after any) string {
	if !isNested(before) && !isNested(after) {
		if lines := changedLines(before, after); lines != "" {
			return lines
		}
		return cut(value(before), 24) + " → " + cut(value(after), 24)
	}
	had := map[string]int{}
	b, a := leaves(nil, "", before), leaves(nil, "", after)
	for _, leaf := range b {
		had[leaf]++
	}
	var parts []string
	for _, leaf := range a {
		if had[leaf] > 0 {
			had[leaf]--
			continue
		}
		parts = append(parts, "+"+middle(leaf, 60))
	}
	for _, leaf := range b {
		if had[leaf] > 0 {
			had[leaf]--
			parts = append(parts, "-"+middle(leaf, 60))
		}
	}
	if len(parts) == 0 {
		return "another order"
	}
	return strings.Join(Few(parts, 6), " ")
}

func isNested(v any) bool {
	switch v := v.(type) {
	case []any:
		return true
	case map[string]any:
		_, isRef := v["$ref"]
		return !isRef
	}
	return false
}

// leaves are the plain values in a structure, each with the names that lead to
// it.
func leaves(all []string, path string, v any) []string {
	switch v := v.(type) {
	case nil:
		return all
	case []any:
		for _, e := range v {
			all = leaves(all, path, e)
		}
		return all
	case map[string]any:
		if !isNested(v) {
			break
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			all = leaves(all, strings.TrimPrefix(path+"."+key, "."), v[key])
		}
		return all
	}
	if path != "" {
		path += " "
	}
	return append(all, path+value(v))
}

// changedLines counts what changed in a text of several lines, "" for any other
// value.
func changedLines(before, after any) string {
	b, _ := before.(string)
	a, _ := after.(string)
	if !strings.Contains(a+b, "\n") {
		return ""
	}
	had := map[string]int{}
	for _, line := range strings.Split(b, "\n") {
		had[line]++
	}
	added := 0
	for _, line := range strings.Split(a, "\n") {
		if had[line] > 0 {
			had[line]--
			continue
		}
		added++
	}
	removed := 0
	for _, n := range had {
		removed += n
	}
	return fmt.Sprintf("+%d -%d lines (all of it with -v)", added, removed)
}

// value is a document's value as people read it: what is not known until apply
// is named by where it comes from.
func value(v any) string {
	switch v := v.(type) {
	case nil:
		return "none"
	case string:
		if v == "" {
			return `""`
		}
		return v
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok && len(v) == 1 {
			return "<" + strings.TrimSuffix(ref, "#id") + ">"
		}
	case []any:
		parts := make([]string, 0, len(v))
		for _, e := range v {
			parts = append(parts, value(e))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return "?"
	}
	return string(raw)
}

// middle leaves out the middle of a long text: paths and ARNs differ at the end.
func middle(text string, n int) string {
	runes := []rune(text)
	if len(runes) <= n {
		return text
	}
	return string(runes[:n/3]) + "…" + string(runes[len(runes)-(n-n/3-1):])
}

func cut(text string, n int) string {
	if runes := []rune(text); len(runes) > n {
		return string(runes[:n-1]) + "…"
	}
	return text
}
