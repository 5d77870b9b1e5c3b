package aws

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// parsePolicy reads a policy document as AWS gives it back. Lists of one may
// be written without brackets; what a Statement cannot say goes into Other.
func parsePolicy(document string) (Policy, error) {
	var doc struct {
		Version   string
		Statement json.RawMessage
	}
	if err := json.Unmarshal([]byte(document), &doc); err != nil {
		return Policy{}, fmt.Errorf("AWS gives a policy that is not JSON: %w", err)
	}
	var raw []map[string]any
	if json.Unmarshal(doc.Statement, &raw) != nil {
		var single map[string]any
		if err := json.Unmarshal(doc.Statement, &single); err != nil {
			return Policy{}, fmt.Errorf("AWS gives a policy without statements: %w", err)
		}
		raw = append(raw, single)
	}
	var p Policy
	for _, statement := range raw {
		p.Statements = append(p.Statements, parseStatement(statement))
	}
	if doc.Version != policyVersion && strings.Contains(document, "${") { // variables were plain text in the older one
		p.Statements = append(p.Statements, Statement{Other: string(mustJSON(map[string]string{"Version": doc.Version}))})
	}
	return p, nil
}

// parseEscaped is parsePolicy for IAM, which escapes documents as in a URL.
func parseEscaped(document string) (Policy, error) {
	plain, err := url.PathUnescape(document)
	if err != nil {
		return Policy{}, fmt.Errorf("IAM gives a policy that is not escaped: %w", err)
	}
	return parsePolicy(plain)
}

func parseStatement(raw map[string]any) Statement {
	var s Statement
	other := map[string]any{}
	for element, value := range raw {
		if !s.take(element, value) {
			other[element] = value
		}
	}
	if len(other) > 0 {
		s.Other = string(mustJSON(other))
	}
	return s
}

// take understands one element of a statement, or reports that it cannot.
func (s *Statement) take(element string, value any) (ok bool) {
	switch element {
	case "Sid":
		s.SID, ok = value.(string)
	case "Effect":
		s.Deny = value == "Deny"
		ok = s.Deny || value == "Allow"
	case "Action":
		s.Actions, ok = texts(value)
	case "Resource":
		s.Resources, ok = known(value)
	case "Principal":
		s.Principal, ok = parsePrincipal(value)
	case "Condition":
		s.When, ok = parseConditions(value)
	}
	return ok
}

func parsePrincipal(value any) (p Principal, ok bool) {
	if value == "*" {
		return Principal{Anyone: true}, true
	}
	by, ok := value.(map[string]any)
	for kind, value := range by {
		var understood bool
		switch kind {
		case "Service":
			p.Services, understood = texts(value)
		case "Federated":
			p.Federated, understood = texts(value)
		case "AWS":
			if p.Anyone = value == "*"; p.Anyone {
				understood = true
				break
			}
			p.AWS, understood = known(value)
		}
		ok = ok && understood
	}
	if !ok {
		return Principal{}, false
	}
	return p, true
}

func parseConditions(value any) (when engine.Set[Condition], ok bool) {
	operators, ok := value.(map[string]any)
	for operator, keys := range operators {
		byKey, isMap := keys.(map[string]any)
		ok = ok && isMap
		for key, value := range byKey {
			values, understood := known(value)
			ok = ok && understood
			when = append(when, Condition{Operator: operator, Key: key, Values: values})
		}
	}
	if !ok {
		return nil, false
	}
	return when, true
}

// texts are the strings of a list, or of one that stands alone. AWS lets
// conditions compare with true and with numbers, which are the same as text.
func texts(value any) (engine.Set[string], bool) {
	list, many := value.([]any)
	if !many {
		list = []any{value}
	}
	var all engine.Set[string]
	for _, item := range list {
		switch item := item.(type) {
		case string:
			all = append(all, item)
		case bool, float64:
			all = append(all, string(mustJSON(item)))
		default:
			return nil, false
		}
	}
	return all, true
}

func known(value any) (engine.Set[engine.Value[string]], bool) {
	list, ok := texts(value)
	var all engine.Set[engine.Value[string]]
	for _, item := range list {
		all = append(all, engine.Known(item))
	}
	return all, ok
}
