package aws

import (
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// Record is a DNS record set: all values that a name has of one type. Its id
// is ZONE/NAME/TYPE.
type Record struct {
	Zone engine.Ref[HostedZone] `json:"zone"`
	// Name is the full name, without a dot at the end.
	Name engine.Value[string] `json:"name"`
	Type string               `json:"type"`
	// Alias makes it answer with the addresses that another name of AWS has.
	Alias Alias `json:"alias,omitzero"`
	// Values are as Route 53 writes them: texts in quotes, names without a dot at
	// the end.
	Values engine.Set[engine.Value[string]] `json:"values,omitzero"`
	// TTL is how many seconds resolvers may keep it; an alias has none.
	TTL int `json:"ttl,omitzero"`
}

// Alias is the target of an alias record.
type Alias struct {
	// DNS is the target's name, and ZoneID the id of the hosted zone it is in.
	DNS    engine.Value[string] `json:"dns"`
	ZoneID engine.Value[string] `json:"zone-id"`
}

// Kind implements engine.Spec.
func (Record) Kind() string { return "record" }

// Fixed implements engine.Fixer.
func (Record) Fixed() []string { return []string{"zone", "name", "type"} }

// NoTags implements engine.Untagged.
func (Record) NoTags() {}

// Effect implements engine.Affecting.
func (Record) Effect(engine.Fields) engine.Effect {
	return engine.Effect{Level: engine.Degraded, Text: "who has looked it up goes on using the old answer until that has expired: its TTL, or a minute for an alias"}
}
