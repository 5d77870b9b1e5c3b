package config

import _ "embed"

//go:generate go test -run TestSchemaIsWhatTheStructsSay -update .

//go:embed schema.json
var schema string

// Schema is the JSON Schema (draft 2020-12) of keyedin.yaml, for editors. It says
// what one value may be; what depends on other values only Parse can tell.
func Schema() []byte { return []byte(schema) }
