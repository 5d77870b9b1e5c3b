package aws

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
)

// bucketPolicy is the policy of a bucket: the statements that PublicRead and
// TLSOnly ask for. It is empty when neither does.
func bucketPolicy(name, partition string, publicRead, tlsOnly bool) string {
	var statements []any
	if publicRead {
		statements = append(statements, publicReadStatement(name, partition))
	}
	if tlsOnly {
		statements = append(statements, tlsStatement(name, partition))
	}
	if len(statements) == 0 {
		return ""
	}
	raw, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		panic(err) // plain data
	}
	return string(raw)
}

func publicReadStatement(name, partition string) map[string]any {
	return map[string]any{
		"Sid": "PublicRead", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
		"Resource": "arn:" + partition + ":s3:::" + name + "/*",
	}
}

func tlsStatement(name, partition string) map[string]any {
	arn := "arn:" + partition + ":s3:::" + name
	return map[string]any{
		"Sid": "TLSOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": []any{arn, arn + "/*"},
		"Condition": map[string]any{"Bool": map[string]any{"aws:SecureTransport": "false"}},
	}
}

// readPolicy says which of our statements a policy has, and names all others.
func readPolicy(policy, name, partition string) (publicRead, tlsOnly bool, others []string) {
	var document struct{ Statement any }
	if policy == "" {
		return false, false, nil
	}
	if err := json.Unmarshal([]byte(policy), &document); err != nil {
		return false, false, []string{policy}
	}
	statements, isList := document.Statement.([]any)
	if !isList {
		statements = []any{document.Statement}
	}
	for _, s := range statements {
		switch {
		case sameStatement(s, publicReadStatement(name, partition)):
			publicRead = true
		case sameStatement(s, tlsStatement(name, partition)):
			tlsOnly = true
		default:
			raw, _ := json.Marshal(s) // it came from JSON
			others = append(others, string(raw))
		}
	}
	return publicRead, tlsOnly, others
}

func sameStatement(a, b any) bool { return reflect.DeepEqual(plainStatement(a), plainStatement(b)) }

// plainStatement undoes what AWS is free to write in two ways: a list of one,
// the order of a list, everyone as a principal.
func plainStatement(v any) any {
	switch v := v.(type) {
	case map[string]any:
		plain := map[string]any{}
		for key, value := range v {
			plain[key] = plainStatement(value)
		}
		if everyone, ok := plain["Principal"].(map[string]any); ok && everyone["AWS"] == "*" && len(everyone) == 1 {
			plain["Principal"] = "*"
		}
		return plain
	case []any:
		if len(v) == 1 {
			return plainStatement(v[0])
		}
		var texts []string
		for _, item := range v {
			text, ok := item.(string)
			if !ok {
				return v
			}
			texts = append(texts, text)
		}
		slices.Sort(texts)
		return strings.Join(texts, "\n")
	case bool:
		return map[bool]string{true: "true", false: "false"}[v]
	}
	return v
}
