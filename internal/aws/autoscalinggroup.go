package aws

import (
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// AutoScalingGroup keeps as many instances of a launch template running as the
// load asks for, on-demand first and spot beyond. A change of template reaches
// new instances only; a refresh takes it to the running ones.
type AutoScalingGroup struct {
	// Name is at most 255 characters without a colon.
	Name     string                     `json:"name"`
	Template engine.Ref[LaunchTemplate] `json:"template"`
	// Version is a number: with $Latest no refresh could be rolled back.
	Version engine.Value[string] `json:"version"`
	// Types are the instance types to use, the preferred one first.
	Types   []string                       `json:"types"`
	Subnets engine.Set[engine.Ref[Subnet]] `json:"subnets"`
	// TargetGroups get every instance registered.
	TargetGroups engine.Set[engine.Ref[TargetGroup]] `json:"target-groups"`
	Min          int                                 `json:"min"`
	Max          int                                 `json:"max"`
	// Desired is where the group starts; it is the autoscaler's ever after.
	Desired int `json:"desired"`
	// OnDemandBase instances are never spot; of those beyond, OnDemandPercent are not.
	OnDemandBase    int `json:"on-demand-base"`
	OnDemandPercent int `json:"on-demand-percent"`
	// SpotStrategy is price-capacity-optimized unless there is a reason.
	SpotStrategy string `json:"spot-strategy"`
	// CapacityRebalance replaces a spot instance when AWS sees it at risk.
	CapacityRebalance bool `json:"capacity-rebalance"`
	// HealthCheck is ELB, where target health counts, or EC2.
	HealthCheck string `json:"health-check"`
	// GracePeriod is how many seconds a new instance's health is not looked at.
	GracePeriod int `json:"grace-period"`
	// Warmup is how many seconds a new instance does not count for scaling.
	Warmup int `json:"warmup"`
	// After is what must be there first: the way to the internet, and spot's role.
	After engine.After `json:"$after,omitempty"`
}

// Kind implements engine.Spec.
func (AutoScalingGroup) Kind() string { return "auto-scaling-group" }

// Fixed implements engine.Fixer.
func (AutoScalingGroup) Fixed() []string { return []string{"name"} }

// Owners implements engine.Owned.
func (AutoScalingGroup) Owners() map[string]engine.Owner {
	return map[string]engine.Owner{"desired": engine.OwnerAutoscaler}
}

// Timing implements engine.Timed.
func (AutoScalingGroup) Timing() engine.Timing {
	return engine.Timing{Create: 3 * time.Minute, Delete: 3 * time.Minute, GiveUp: 15 * time.Minute}
}

// Effect implements engine.Affecting.
func (AutoScalingGroup) Effect(changed engine.Fields) engine.Effect {
	switch {
	case changed.Has("name"):
		return engine.Effect{Level: engine.Degraded, Text: "every instance is replaced by one of a new group"}
	case changed.Has("on-demand-base", "on-demand-percent"):
		return engine.Effect{Level: engine.Degraded, Text: "instances are replaced one after the other until the mix is right"}
	case changed.Has("template", "version", "types", "subnets"):
		return engine.Effect{Text: "running instances stay as they are until they are refreshed"}
	}
	return engine.Effect{}
}
