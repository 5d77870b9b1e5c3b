package config

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// decoder fills a Config from YAML and remembers where each value stands.
type decoder struct {
	origin *Origin
	faults []Fault
}

func (d *decoder) fault(n *yaml.Node, path, message, hint string) {
	d.faults = append(d.faults, d.origin.fault(place{n.Line, n.Column}, path, message, hint))
}

// root decodes the whole document.
func (d *decoder) root(n *yaml.Node, c *Config) {
	if n.Kind != yaml.MappingNode {
		d.fault(n, "", "the file must be keys with values, not "+kindOf(n), "such as: name: keyedin; see: keyedin init")
		return
	}
	d.mapping(n, reflect.ValueOf(c).Elem(), "")
}

// mapping decodes a section into a struct.
func (d *decoder) mapping(n *yaml.Node, into reflect.Value, path string) {
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if !d.key(key, path, seen) {
			continue
		}
		inner := join(path, key.Value)
		field, ok := fieldOf(into, key.Value)
		if !ok {
			d.fault(key, inner, unknownKey(key.Value, path), keyHint(key.Value, path, keysOf(into.Type())))
			continue
		}
		d.remember(inner, key, value)
		d.value(value, field, inner)
	}
}

// key says whether a key can be used.
func (d *decoder) key(key *yaml.Node, path string, seen map[string]int) bool {
	switch {
	case key.Kind != yaml.ScalarNode:
		d.fault(key, path, "a key must be a word, not "+kindOf(key), "")
	case !d.simple(key, path):
	case key.Value == "<<" && key.Style == 0:
		d.fault(key, path, "merge keys are not supported: the file says each value where it is used", "write the keys out")
	case seen[key.Value] > 0:
		d.fault(key, join(path, key.Value), fmt.Sprintf("%s is given twice, first at line %d", quote(key.Value), seen[key.Value]), "keep one of them")
	default:
		seen[key.Value] = key.Line
		return true
	}
	return false
}

// simple refuses the parts of YAML that hide what a file says.
func (d *decoder) simple(n *yaml.Node, path string) bool {
	switch {
	case n.Kind == yaml.AliasNode:
		d.fault(n, path, "aliases are not supported: the file says each value where it is used", "write the value out")
	case n.Anchor != "":
		d.fault(n, path, "anchors are not supported: the file says each value where it is used", "delete &"+n.Anchor)
	case n.Style&yaml.TaggedStyle != 0:
		d.fault(n, path, "YAML tags are not supported", "delete "+n.Tag)
	default:
		return true
	}
	return false
}

// remember notes the place of a value: its own, or its key's when it fills the lines below.
func (d *decoder) remember(path string, key, value *yaml.Node) {
	at := value
	block := value.Kind != yaml.ScalarNode && value.Style&yaml.FlowStyle == 0
	if block || value.Line == 0 || value.ShortTag() == "!!null" {
		at = key
	}
	d.origin.places[path] = place{at.Line, at.Column}
}

// value decodes any value; one that can't be read leaves the default.
func (d *decoder) value(n *yaml.Node, into reflect.Value, path string) {
	if !d.simple(n, path) {
		return
	}
	null := n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" && n.Style == 0
	switch into.Kind() {
	case reflect.Struct:
		d.section(n, into, path, null)
	case reflect.Pointer:
		d.serverless(n, into, path, null)
	case reflect.Slice:
		d.list(n, into, path, null)
	case reflect.Map:
		d.words(n, into, path, null)
	default:
		d.scalar(n, into, path, null)
	}
}

func (d *decoder) section(n *yaml.Node, into reflect.Value, path string, null bool) {
	switch {
	case null:
	case n.Kind == yaml.MappingNode:
		d.mapping(n, into, path)
	default:
		d.fault(n, path, fmt.Sprintf("%s must be a section with keys, not %s", path, kindOf(n)),
			"its keys are "+listing(keysOf(into.Type()), "and"))
	}
}

func (d *decoder) serverless(n *yaml.Node, into reflect.Value, path string, null bool) {
	if null {
		into.SetZero()
		return
	}
	s := Serverless{Min: 0.5, Max: 8}
	d.section(n, reflect.ValueOf(&s).Elem(), path, false)
	into.Set(reflect.ValueOf(&s))
}

func (d *decoder) list(n *yaml.Node, into reflect.Value, path string, null bool) {
	list := []string{}
	switch {
	case null:
	case n.Kind != yaml.SequenceNode:
		hint := ""
		if n.Kind == yaml.ScalarNode && len(n.Value) <= 60 {
			hint = "write it as [" + n.Value + "]"
		}
		d.fault(n, path, fmt.Sprintf("%s must be a list, not %s", path, kindOf(n)), hint)
		return
	}
	for i, item := range n.Content {
		inner := fmt.Sprintf("%s[%d]", path, i)
		var word string
		d.origin.places[inner] = place{item.Line, item.Column}
		d.value(item, reflect.ValueOf(&word).Elem(), inner)
		list = append(list, word)
	}
	into.Set(reflect.ValueOf(list))
}

func (d *decoder) words(n *yaml.Node, into reflect.Value, path string, null bool) {
	words := map[string]string{}
	if !null && n.Kind != yaml.MappingNode {
		d.fault(n, path, fmt.Sprintf("%s must be keys with values, not %s", path, kindOf(n)), "write none as {}")
		return
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if !d.key(key, path, seen) {
			continue
		}
		var word string
		d.origin.places[join(path, key.Value)] = place{key.Line, key.Column}
		d.value(value, reflect.ValueOf(&word).Elem(), join(path, key.Value))
		words[key.Value] = word
	}
	into.Set(reflect.ValueOf(words))
}

// scalar decodes a single value. Text is taken as it is written, so that an
// account of only digits, or one with leading zeros, needs no quotes.
func (d *decoder) scalar(n *yaml.Node, into reflect.Value, path string, null bool) {
	want := map[reflect.Kind]string{
		reflect.String: "text", reflect.Int: "a whole number", reflect.Float64: "a number", reflect.Bool: "true or false",
	}[into.Kind()]
	plain := n.Kind == yaml.ScalarNode && n.Style == 0
	switch {
	case n.Kind != yaml.ScalarNode:
		d.fault(n, path, fmt.Sprintf("%s must be %s, not %s", path, want, kindOf(n)), "")
		return
	case null && into.Kind() == reflect.String:
		into.SetString("")
		return
	case into.Kind() == reflect.String:
		into.SetString(n.Value)
		return
	case plain && into.Kind() == reflect.Bool && (n.Value == "true" || n.Value == "false"):
		into.SetBool(n.Value == "true")
		return
	case plain && into.Kind() == reflect.Int && regexp.MustCompile(`^(0|-?[1-9][0-9]{0,8})$`).MatchString(n.Value):
		v, _ := strconv.ParseInt(n.Value, 10, 64) // can't fail: nine digits at most
		into.SetInt(v)
		return
	case plain && into.Kind() == reflect.Float64 && regexp.MustCompile(`^-?[0-9]{1,9}(\.[0-9]{1,9})?$`).MatchString(n.Value):
		v, _ := strconv.ParseFloat(n.Value, 64) // can't fail: eighteen digits at most
		into.SetFloat(v)
		return
	}
	d.origin.places[path] = place{n.Line, n.Column}
	d.fault(n, path, fmt.Sprintf("%s must be %s, not %s", path, want, kindOf(n)), scalarHint(n, into.Kind()))
}

// scalarHint proposes what was probably meant.
func scalarHint(n *yaml.Node, want reflect.Kind) string {
	word := strings.ToLower(strings.TrimSpace(n.Value))
	if want == reflect.Bool {
		switch word {
		case "yes", "on", "y", "1", "true":
			return "write true"
		case "no", "off", "n", "0", "false":
			return "write false"
		}
		return ""
	}
	v, err := strconv.ParseFloat(strings.ReplaceAll(word, "_", ""), 64)
	if err != nil || v < 0 || v > 1e6 || want == reflect.Int && v != float64(int(v)) {
		return ""
	}
	return "write " + strconv.FormatFloat(v, 'f', -1, 64)
}
