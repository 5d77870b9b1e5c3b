package bench

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
)

// Deploys is what is to happen to CodeDeploy's deployments and to commands of Systems Manager in an account. In its zero
// value everything goes well.
type Deploys struct {
	// EventSeconds is how long each lifecycle event takes, of our own clock; nil: what the account's clock makes of AWS's.
	EventSeconds *float64 `json:"event_seconds,omitempty"`
	// Hold is a lifecycle event at which deployments stand still.
	Hold     string          `json:"hold,omitempty"`
	Failures []DeployFailure `json:"failures,omitempty"`
	Silent   []string        `json:"silent,omitempty"` // instances whose agents do not answer
	Commands []CommandAnswer `json:"commands,omitempty"`
}

// DeployFailure is a lifecycle event that fails.
type DeployFailure struct {
	Version string `json:"version,omitempty"` // a part of the revision's key; "" is any
	Event   string `json:"event"`
	Nth     int    `json:"nth,omitempty"` // the instance in the order of the deployment, from 1; 0 is each
	Code    string `json:"code,omitempty"`
	Script  string `json:"script,omitempty"`
	Log     string `json:"log,omitempty"`
}

// CommandAnswer is what commands answer whose script has a text in it.
type CommandAnswer struct {
	Match   string  `json:"match"`
	Output  string  `json:"output,omitempty"`
	Error   string  `json:"error,omitempty"`
	Code    int     `json:"code,omitempty"`
	Seconds float64 `json:"seconds,omitempty"`
	Hold    bool    `json:"hold,omitempty"` // it does not end
	Run     bool    `json:"run,omitempty"`  // it is run, by /bin/sh, in an empty folder
	Path    string  `json:"path,omitempty"` // PATH for that
}

// Deploys replaces what was to happen so far.
func (b *Bench) Deploys(t testing.TB, d Deploys) {
	t.Helper()
	body, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	b.deploys(t, http.MethodPost, body)
}

// Installed is the key of the revision that each instance has, by the instance's id.
func (b *Bench) Installed(t testing.TB) map[string]string {
	t.Helper()
	return b.deploys(t, http.MethodGet, nil)
}

func (b *Bench) deploys(t testing.TB, method string, body []byte) map[string]string {
	t.Helper()
	address := b.Moto + "/moto-api/deploys?" + url.Values{"account": {b.Account}, "region": {Region}}.Encode()
	request, err := http.NewRequestWithContext(t.Context(), method, address, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var answer struct {
		Installed map[string]string `json:"installed"`
		Error     string            `json:"error"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("what deployments do cannot be said: %s %s %v", response.Status, answer.Error, err)
	}
	return answer.Installed
}
