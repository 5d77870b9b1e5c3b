package bench

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
)

// Violation is a request that AWS's API model does not allow.
type Violation struct {
	Service   string `json:"service"`
	Operation string `json:"operation"`
	AccessKey string `json:"access_key"`
	Kind      string `json:"kind"` // required, pattern, enum, length, range, unknown, type …
	Member    string `json:"member"`
	Value     string `json:"value"`
	Message   string `json:"message"`
}

func (v Violation) String() string {
	return fmt.Sprintf("%s:%s %s = %q: %s (%s)", v.Service, v.Operation, v.Member, v.Value, v.Message, v.Kind)
}

// Violations fails the test for each request of this account so far that breaks AWS's API model, and returns them.
func (b *Bench) Violations(t testing.TB) []Violation {
	t.Helper()
	found, err := b.violations()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range found {
		t.Errorf("AWS does not allow %s", v)
	}
	return found
}

func (b *Bench) violations() ([]Violation, error) {
	response, err := http.Get(b.Moto + "/moto-api/violations")
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var all, own []Violation
	if err := json.NewDecoder(response.Body).Decode(&all); err != nil {
		return nil, err
	}
	for _, v := range all {
		if v.AccessKey == b.accessKey() {
			own = append(own, v)
		}
	}
	return own, nil
}
