package config

import (
	"fmt"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v4"
)

// join is the path of a key inside a section.
func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// tagOf is a field's key in YAML; empty when it has none.
func tagOf(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	if name == "-" {
		return ""
	}
	return name
}

// keysOf are the keys of a section, in the order in which they are written.
func keysOf(t reflect.Type) []string {
	var keys []string
	for i := range t.NumField() {
		if key := tagOf(t.Field(i)); key != "" {
			keys = append(keys, key)
		}
	}
	return keys
}

// fieldOf is the field of a key.
func fieldOf(v reflect.Value, key string) (reflect.Value, bool) {
	for i := range v.NumField() {
		if tag := tagOf(v.Type().Field(i)); tag != "" && tag == key {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}

// everyKey are the paths of all keys of a section and of those below it.
func everyKey(t reflect.Type, path string) []string {
	var keys []string
	for i := range t.NumField() {
		f := t.Field(i)
		key := tagOf(f)
		if key == "" {
			continue
		}
		inner := join(path, key)
		keys = append(keys, inner)
		of := f.Type
		if of.Kind() == reflect.Pointer {
			of = of.Elem()
		}
		if of.Kind() == reflect.Struct {
			keys = append(keys, everyKey(of, inner)...)
		}
	}
	return keys
}

func unknownKey(key, path string) string {
	if path == "" {
		return "unknown key " + quote(key)
	}
	return fmt.Sprintf("unknown key %s in %s", quote(key), path)
}

// keyHint proposes a key of the same section, else one of the same name
// elsewhere, else says which there are.
func keyHint(key, path string, siblings []string) string {
	if near := nearest(key, siblings); near != "" {
		return didYouMean(near)
	}
	for _, full := range everyKey(reflect.TypeFor[Config](), "") {
		section, name := "", full
		if i := strings.LastIndexByte(full, '.'); i >= 0 {
			section, name = full[:i], full[i+1:]
		}
		if section != path && plain(name) == plain(key) {
			if section == "" {
				return fmt.Sprintf("%s belongs at the top, without indentation", name)
			}
			return fmt.Sprintf("%s belongs in %s", name, section)
		}
	}
	return "the keys here are " + listing(siblings, "and")
}

// kindOf says what kind of value a node is.
func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a section"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	switch {
	case n.ShortTag() == "!!null" && n.Style == 0:
		return "nothing"
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		return "the text " + quote(n.Value)
	}
	return quote(n.Value)
}
