package aws

import (
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// LoadBalancer is an internet-facing Application Load Balancer. Its id is its
// ARN.
type LoadBalancer struct {
	// Name is at most 32 letters, digits and hyphens, unique in the region.
	Name string `json:"name"`
	// Subnets are one in each of at least two zones.
	Subnets        engine.Set[engine.Ref[Subnet]]        `json:"subnets"`
	SecurityGroups engine.Set[engine.Ref[SecurityGroup]] `json:"security-groups"`
	// DropInvalidHeaders keeps headers from the application that it could take for
	// others: FSBP ELB.4.
	DropInvalidHeaders bool `json:"drop-invalid-headers"`
	DeletionProtection bool `json:"deletion-protection"`
	// IdleTimeout is in seconds, 1 to 4000.
	IdleTimeout int `json:"idle-timeout"`
	// Desync is what becomes of requests that could be smuggled: monitor, defensive
	// or strictest.
	Desync string `json:"desync"`
	// After is the internet gateway: without it AWS refuses one that faces the
	// internet.
	After engine.After `json:"$after,omitempty"`
}

// LoadBalancerDNS is the load balancer's own DNS name, in lower case.
func LoadBalancerDNS(r engine.Ref[LoadBalancer]) engine.Value[string] {
	return engine.Attr[string](r, "dns-name")
}

// LoadBalancerZone is the id of the hosted zone of that name, which alias
// records have to give.
func LoadBalancerZone(r engine.Ref[LoadBalancer]) engine.Value[string] {
	return engine.Attr[string](r, "zone-id")
}

// LoadBalancerLabel is what metrics call it: app/NAME/ID.
func LoadBalancerLabel(r engine.Ref[LoadBalancer]) engine.Value[string] {
	return engine.Attr[string](r, "label")
}

// Kind implements engine.Spec.
func (LoadBalancer) Kind() string { return "load-balancer" }

// Fixed implements engine.Fixer.
func (LoadBalancer) Fixed() []string { return []string{"name"} }

// Early implements engine.Eager: listeners and records need no more of it than
// its ARN and its name.
func (LoadBalancer) Early() bool { return true }

// Timing implements engine.Timed. What it leaves in its subnets goes some
// minutes after it, and until then subnets and security groups stay in use.
func (LoadBalancer) Timing() engine.Timing {
	return engine.Timing{Create: 3 * time.Minute, Update: 10 * time.Second, Delete: 10 * time.Second, GiveUp: 15 * time.Minute}
}

// Effect implements engine.Affecting.
func (LoadBalancer) Effect(changed engine.Fields) engine.Effect {
	switch {
	case changed.Has("subnets"):
		return engine.Effect{Level: engine.Degraded, Text: "connections through the zones that it leaves are cut"}
	case changed.Has("security-groups"):
		return engine.Effect{Level: engine.Degraded, Text: "who may connect changes at once"}
	}
	return engine.Effect{}
}
