package aws

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// Policy is an IAM policy document, of a role, a bucket or a topic. The order
// of statements and of what is in them means nothing to IAM, nor to us.
type Policy struct {
	Statements engine.Set[Statement] `json:"statements"`
}

// Statement allows actions on resources. Actions may hold * and ?.
type Statement struct {
	// SID is a name of letters and digits, unique in the policy; it is optional.
	SID string `json:"sid,omitzero"`
	// Deny forbids instead, whatever else allows.
	Deny bool `json:"deny,omitzero"`
	// Principal is who, in policies of resources; a role's own policy has none.
	Principal Principal                        `json:"principal,omitzero"`
	Actions   engine.Set[string]               `json:"actions"`
	Resources engine.Set[engine.Value[string]] `json:"resources,omitzero"`
	When      engine.Set[Condition]            `json:"when,omitzero"`
	// Other is what a document found in AWS holds beside all that, as JSON. It is
	// never wanted.
	Other string `json:"other,omitzero"`
}

// Principal is who a statement is about.
type Principal struct {
	// Anyone is everybody, with and without an account.
	Anyone bool `json:"anyone,omitzero"`
	// Services are names such as ec2.amazonaws.com.
	Services engine.Set[string] `json:"services,omitzero"`
	// AWS are account ids, and ARNs of roles and users.
	AWS engine.Set[engine.Value[string]] `json:"aws,omitzero"`
	// Federated are the ARNs of identity providers.
	Federated engine.Set[string] `json:"federated,omitzero"`
}

// Condition limits a statement: Operator such as StringEquals holds for Key,
// such as aws:SourceAccount, with one of the values.
type Condition struct {
	Operator string                           `json:"operator"`
	Key      string                           `json:"key"`
	Values   engine.Set[engine.Value[string]] `json:"values"`
}

// Allow is the statement that allows actions on resources.
func Allow(actions []string, resources ...engine.Value[string]) Statement {
	return Statement{Actions: actions, Resources: resources}
}

// Any is the resource * of actions that know no other.
func Any() engine.Value[string] { return engine.Known("*") }

// document is the policy as AWS takes it. All in it must be known.
func (p Policy) document() string {
	statements := make([]map[string]any, 0, len(p.Statements))
	for _, s := range p.sorted() {
		statements = append(statements, s.document())
	}
	return string(mustJSON(map[string]any{"Version": policyVersion, "Statement": statements}))
}

const policyVersion = "2012-10-17"

// sorted puts the statements in the order in which a Set marshals them.
func (p Policy) sorted() []Statement {
	sorted := slices.Clone(p.Statements)
	slices.SortFunc(sorted, func(a, b Statement) int { return strings.Compare(a.key(), b.key()) })
	return slices.CompactFunc(sorted, func(a, b Statement) bool { return a.key() == b.key() })
}

func (s Statement) key() string { return string(mustJSON(s)) }

func (s Statement) document() map[string]any {
	doc := map[string]any{}
	if s.Other != "" {
		_ = json.Unmarshal([]byte(s.Other), &doc) // what was read from AWS, put back
	}
	doc["Effect"] = "Allow"
	if s.Deny {
		doc["Effect"] = "Deny"
	}
	if s.SID != "" {
		doc["Sid"] = s.SID
	}
	if p := s.Principal.document(); p != nil {
		doc["Principal"] = p
	}
	if len(s.Actions) > 0 {
		doc["Action"] = s.Actions
	}
	if len(s.Resources) > 0 {
		doc["Resource"] = s.Resources
	}
	conditions := map[string]map[string]any{}
	for _, c := range s.When {
		if conditions[c.Operator] == nil {
			conditions[c.Operator] = map[string]any{}
		}
		conditions[c.Operator][c.Key] = c.Values
	}
	if len(conditions) > 0 {
		doc["Condition"] = conditions
	}
	return doc
}

func (p Principal) document() any {
	if p.Anyone {
		return "*"
	}
	by := map[string]any{}
	if len(p.Services) > 0 {
		by["Service"] = p.Services
	}
	if len(p.AWS) > 0 {
		by["AWS"] = p.AWS
	}
	if len(p.Federated) > 0 {
		by["Federated"] = p.Federated
	}
	if len(by) == 0 {
		return nil
	}
	return by
}

// mustJSON encodes plain data, which cannot fail.
func mustJSON(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic("aws: not plain data: " + err.Error())
	}
	return raw
}
