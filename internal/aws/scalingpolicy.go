package aws

import (
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// ScalingPolicy keeps the requests a minute that each instance of a group gets
// near a target, by changing the group's desired capacity. The two alarms that
// AWS makes for it are AWS's own.
type ScalingPolicy struct {
	// Name is unique within its group.
	Name  string                       `json:"name"`
	Group engine.Ref[AutoScalingGroup] `json:"group"`
	// RequestsPerTarget is a number a minute.
	RequestsPerTarget int `json:"requests-per-target"`
	// Label says whose requests count; RequestCountLabel makes it.
	Label engine.Value[string] `json:"label"`
	// After is the listener: AWS refuses a target group that no listener of the
	// load balancer uses.
	After engine.After `json:"$after,omitempty"`
}

// RequestCountLabel is how AWS names the requests that a load balancer sends to
// a target group: app/NAME/ID/targetgroup/NAME/ID.
func RequestCountLabel(lb engine.Ref[LoadBalancer], group engine.Ref[TargetGroup]) engine.Value[string] {
	return engine.Format("%s/%s", engine.Attr[string](lb, "label"), engine.Attr[string](group, "label"))
}

// Kind implements engine.Spec.
func (ScalingPolicy) Kind() string { return "scaling-policy" }

// Fixed implements engine.Fixer.
func (ScalingPolicy) Fixed() []string { return []string{"name", "group"} }

// NoTags implements engine.Untagged.
func (ScalingPolicy) NoTags() {}
