package aws

import (
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// HostedZone is the public DNS zone of a domain. Its id is Route 53's, without
// "/hostedzone/".
type HostedZone struct {
	// Name is the domain, without a dot at the end.
	Name string `json:"name"`
}

// NameServers are the zone's name servers, which the domain's registrar has to
// be given, sorted.
func NameServers(r engine.Ref[HostedZone]) engine.Value[[]string] {
	return engine.Attr[[]string](r, "name-servers")
}

// Kind implements engine.Spec.
func (HostedZone) Kind() string { return "hosted-zone" }

// Fixed implements engine.Fixer.
func (HostedZone) Fixed() []string { return []string{"name"} }

// Identity implements engine.Identified: the token is the caller reference,
// which AWS takes once.
func (HostedZone) Identity() engine.Class { return engine.Tokened }

// Instead implements engine.Foundation.
func (HostedZone) Instead() string {
	return "another domain has other name servers: build a second environment with the new domain and move over to it"
}
