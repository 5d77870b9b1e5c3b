package aws

import (
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// RecommendedPolicy is the security policy AWS recommends for HTTPS listeners:
// TLS 1.3, or 1.2 with forward secrecy and authenticated ciphers, with
// post-quantum key exchange for clients that have it. What AWS takes when none
// is named still speaks TLS 1.0.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
const RecommendedPolicy = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"

// Listener is a port of a load balancer. It redirects to https, or it forwards
// to target groups. Its id is its ARN.
type Listener struct {
	LoadBalancer engine.Ref[LoadBalancer] `json:"load-balancer"`
	Port         int                      `json:"port"`
	// Protocol is HTTP or HTTPS.
	Protocol string `json:"protocol"`
	// Certificate is the ARN of an issued certificate, for HTTPS.
	Certificate engine.Value[string] `json:"certificate"`
	// Policy says which versions of TLS and which ciphers are spoken.
	Policy string `json:"policy"`
	// HSTS is the Strict-Transport-Security header put on every answer.
	HSTS string `json:"hsts"`
	// Redirect sends every request to the same URL on https, with a 301.
	Redirect bool `json:"redirect"`
	// Groups are the target groups it forwards to.
	Groups engine.Set[engine.Ref[TargetGroup]] `json:"groups"`
	// Weights are the shares of requests, by name of target group, that it begins
	// with. Deploying shifts them. Without any, all groups get the same.
	Weights map[string]int `json:"weights,omitzero"`
}

// Kind implements engine.Spec.
func (Listener) Kind() string { return "listener" }

// Fixed implements engine.Fixer.
func (Listener) Fixed() []string { return []string{"load-balancer"} }

// Owners implements engine.Owned.
func (Listener) Owners() map[string]engine.Owner {
	return map[string]engine.Owner{"weights": engine.OwnerDeployer}
}

// Effect implements engine.Affecting.
func (Listener) Effect(changed engine.Fields) engine.Effect {
	switch {
	case changed.Has("port", "protocol"):
		return engine.Effect{Level: engine.Downtime, Text: "nothing answers on the old port any more"}
	case changed.Has("redirect", "groups"):
		return engine.Effect{Level: engine.Degraded, Text: "requests go to other target groups at once, whether or not these are healthy"}
	case changed.Has("policy"):
		return engine.Effect{Level: engine.Degraded, Text: "clients that speak none of the new policy's versions of TLS can no longer connect"}
	}
	return engine.Effect{}
}
