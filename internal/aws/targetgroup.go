package aws

import (
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// TargetGroup is what a load balancer sends requests to. Its id is its ARN.
type TargetGroup struct {
	// Name is at most 32 letters, digits and hyphens, unique in the region.
	Name string          `json:"name"`
	VPC  engine.Ref[VPC] `json:"vpc"`
	Port int             `json:"port"`
	// Protocol is HTTP or HTTPS.
	Protocol string `json:"protocol"`
	// TargetType is instance, or ip for tasks with addresses of their own.
	TargetType string      `json:"target-type"`
	Health     HealthCheck `json:"health"`
	// Drain is how many seconds a target that leaves may finish its requests in.
	Drain int `json:"drain"`
}

// HealthCheck is how a load balancer finds out whether a target is well.
type HealthCheck struct {
	Path string `json:"path"`
	// Matcher are the HTTP codes of a healthy target: 200, 200,204 or 200-299.
	Matcher string `json:"matcher"`
	// Interval (5 to 300) and Timeout (2 to 120, and less than Interval) are in
	// seconds.
	Interval int `json:"interval"`
	Timeout  int `json:"timeout"`
	// Healthy and Unhealthy are how many checks in a row decide, 2 to 10.
	Healthy   int `json:"healthy"`
	Unhealthy int `json:"unhealthy"`
}

// TargetGroupLabel is what metrics call it: targetgroup/NAME/ID.
func TargetGroupLabel(r engine.Ref[TargetGroup]) engine.Value[string] {
	return engine.Attr[string](r, "label")
}

// Kind implements engine.Spec.
func (TargetGroup) Kind() string { return "target-group" }

// Fixed implements engine.Fixer.
func (TargetGroup) Fixed() []string {
	return []string{"name", "vpc", "port", "protocol", "target-type"}
}
