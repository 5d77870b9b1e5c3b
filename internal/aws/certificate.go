package aws

import (
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// Certificate is one that ACM issues once DNS records prove that the names are
// ours, and renews as long as they stay. Its id is its ARN.
type Certificate struct {
	Domain string `json:"domain"`
	// Names are all names it is for, Domain among them.
	Names engine.Set[string] `json:"names"`
}

// IssuedCertificate is the certificate's ARN, not known before it is issued:
// a load balancer refuses one that is not.
func IssuedCertificate(r engine.Ref[Certificate]) engine.Value[string] {
	return engine.Attr[string](r, "issued")
}

// ValidationName is the name of the CNAME record that proves domain, one of the
// certificate's names.
func ValidationName(r engine.Ref[Certificate], domain string) engine.Value[string] {
	return engine.Attr[string](r, "record-name/"+domain)
}

// ValidationValue is the value of that record.
func ValidationValue(r engine.Ref[Certificate], domain string) engine.Value[string] {
	return engine.Attr[string](r, "record-value/"+domain)
}

// Kind implements engine.Spec.
func (Certificate) Kind() string { return "certificate" }

// Fixed implements engine.Fixer.
func (Certificate) Fixed() []string { return []string{"domain", "names"} }

// Identity implements engine.Identified: the token is good for an hour, which
// is longer than AWS hides a certificate from its list.
func (Certificate) Identity() engine.Class { return engine.Tokened }

// Early implements engine.Eager: the records that it waits for need it.
func (Certificate) Early() bool { return true }

// Timing implements engine.Timed.
func (Certificate) Timing() engine.Timing {
	return engine.Timing{Create: 5 * time.Minute, Delete: 5 * time.Minute, GiveUp: 75 * time.Minute}
}
