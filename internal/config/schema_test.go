package config

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/invopop/jsonschema"
	validator "github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
)

var update = flag.Bool("update", false, "write schema.json and the golden files anew")

// generated is the schema that the structs, their comments and the rules say.
func generated(t *testing.T) []byte {
	t.Helper()
	r := jsonschema.Reflector{FieldNameTag: "yaml", DoNotReference: true, RequiredFromJSONSchemaTags: true, Anonymous: true}
	if err := r.AddGoComments("github.com/keyedin-app/keyedin-infra/internal/config", "."); err != nil {
		t.Fatal(err)
	}
	s := r.Reflect(&Config{})
	s.ID = "https://keyedin.app/keyedin.schema.json"
	s.Title = "keyedin.yaml"
	ruled(s, rules(), "", reflect.ValueOf(Default()))
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(text, '\n')
}

// ruled adds the rules and the defaults to a section's schema.
func ruled(s *jsonschema.Schema, all map[string]rule, path string, defaults reflect.Value) {
	for pair := s.Properties.Oldest(); pair != nil; pair = pair.Next() {
		inner, p := join(path, pair.Key), pair.Value
		var value reflect.Value
		if defaults.IsValid() {
			value, _ = fieldOf(defaults, pair.Key)
		}
		p.Description = strings.ReplaceAll(p.Description, "\n", " ")
		if p.Type == "object" && p.Properties != nil && p.Properties.Len() > 0 {
			if value.IsValid() && value.Kind() == reflect.Pointer {
				value = reflect.Value{}
			}
			ruled(p, all, inner, value)
			continue
		}
		if value.IsValid() {
			p.Default = value.Interface()
		}
		constrain(p, all[inner], inner)
		if p.Items != nil {
			p.UniqueItems = true
			constrain(p.Items, all[inner+"[]"], inner)
		}
		if p.AdditionalProperties != nil && p.Type == "object" {
			constrain(p.AdditionalProperties, all[inner+".*"], inner)
			p.PropertyNames = &jsonschema.Schema{Pattern: tagPattern, MinLength: length(1), MaxLength: length(128)}
		}
		if inner == "account" { // twelve digits without quotes are a number to an editor
			p.Type, p.Pattern, p.MaxLength = "", "", nil
			p.AnyOf = []*jsonschema.Schema{{Type: "string", Pattern: accountPattern}, {Type: "integer", Minimum: "0", Maximum: "999999999999"}}
		}
	}
}

func length(n float64) *uint64 {
	v := uint64(n)
	return &v
}

func number(v float64) json.Number {
	b, _ := json.Marshal(v)
	return json.Number(b)
}

func constrain(p *jsonschema.Schema, r rule, path string) {
	switch p.Type {
	case "string":
		for _, c := range r.choices {
			p.Enum = append(p.Enum, c)
		}
		if r.choices == nil {
			p.Pattern, p.MaxLength = r.pattern, length(r.max)
			if r.min > 0 {
				p.MinLength = length(r.min)
			}
		}
	case "integer", "number":
		p.Minimum, p.Maximum = number(r.min), number(r.max)
		if r.step > 0 {
			p.MultipleOf = number(r.step)
		}
	case "array":
		p.MinItems, p.MaxItems = length(r.min), length(r.max)
	case "object":
		p.MaxProperties = length(r.max)
	}
}

func TestSchemaIsWhatTheStructsSay(t *testing.T) {
	want := generated(t)
	if *update {
		if err := os.WriteFile("schema.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(want), string(Schema())); diff != "" {
		t.Errorf("schema.json is out of date; write it with: go generate ./internal/config\n%s", diff)
	}
}

func TestEveryKeyHasADescription(t *testing.T) {
	var walk func(path string, properties map[string]any)
	walk = func(path string, properties map[string]any) {
		for key, v := range properties {
			p := v.(map[string]any)
			if p["description"] == nil {
				t.Errorf("%s has no description in the schema", join(path, key))
			}
			if inner, ok := p["properties"].(map[string]any); ok {
				walk(join(path, key), inner)
			}
		}
	}
	var s map[string]any
	if err := json.Unmarshal(Schema(), &s); err != nil {
		t.Fatal(err)
	}
	walk("", s["properties"].(map[string]any))
}

func compiled(t *testing.T) *validator.Schema {
	t.Helper()
	doc, err := validator.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := validator.NewCompiler()
	if err := c.AddResource("keyedin.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("keyedin.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func instance(t *testing.T, text []byte) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := validator.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestSchemaAcceptsPresets(t *testing.T) {
	s := compiled(t)
	for _, preset := range Presets() {
		for _, runtime := range []string{"ec2", "ecs"} {
			text, err := Preset(preset, runtime)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Validate(instance(t, text)); err != nil {
				t.Errorf("%s on %s: %v", preset, runtime, err)
			}
		}
	}
}

// Wherever one value alone is wrong, the schema says so as Parse does.
func TestSchemaRefusesWhatParseRefuses(t *testing.T) {
	s := compiled(t)
	for _, tc := range faultCases() {
		if tc.onlyParse {
			continue
		}
		t.Run(tc.name, func(t *testing.T) {
			if err := s.Validate(instance(t, []byte(tc.text))); err == nil {
				t.Errorf("the schema accepts\n%s", tc.text)
			}
		})
	}
}

func TestSchemaAcceptsWhatParseAccepts(t *testing.T) {
	s := compiled(t)
	for name, text := range goodCases() {
		if _, err := Parse(name, []byte(text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := s.Validate(instance(t, []byte(text))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
