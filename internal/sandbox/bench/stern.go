package bench

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"testing"
)

// Stern is how much like the real AWS an account is. The zero value is AWS's own documented behaviour on a clock that
// runs a hundred times as fast. Durations are seconds of AWS's clock.
type Stern struct {
	Scale          float64  `json:"scale,omitempty"`           // seconds of AWS's clock in one of ours
	Seed           uint64   `json:"seed,omitempty"`            // of what is unseen how often
	Fresh          float64  `json:"fresh,omitempty"`           // how long a fresh object may be unseen
	IAM            float64  `json:"iam,omitempty"`             // how long other services do not know a fresh role
	NoSpot         []string `json:"no_spot,omitempty"`         // zones without spot capacity, or "*"
	NeverValidates bool     `json:"never_validates,omitempty"` // certificates stay pending
	ClusterBusy    float64  `json:"cluster_busy,omitempty"`    // the clusters that are there are backing up, from now on
	NATFails       string   `json:"nat_fails,omitempty"`       // the FailureCode of new NAT gateways
	Calm           bool     `json:"calm,omitempty"`            // nothing is fresh, slow or lingers: only what is said here is

	// Quotas are the account's own, by their codes. Service Quotas tells them, and
	// they are enforced; AWS's defaults are only told.
	Quotas map[string]float64 `json:"quotas,omitempty"`
}

// Stern makes the account stern from now on, or changes how. World looks through it, and sees what is there.
func (b *Bench) Stern(t testing.TB, s Stern) {
	t.Helper()
	body, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	b.control(t, http.MethodPost, body)
}

// Lenient ends that.
func (b *Bench) Lenient(t testing.TB) {
	t.Helper()
	b.control(t, http.MethodDelete, nil)
}

func (b *Bench) control(t testing.TB, method string, body []byte) {
	t.Helper()
	address := b.Moto + "/moto-api/stern?" + url.Values{"account": {b.Account}}.Encode()
	request, err := http.NewRequestWithContext(t.Context(), method, address, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(response.Body) // it only explains
		t.Fatalf("the bench does not become stern: %s %s", response.Status, text)
	}
}
