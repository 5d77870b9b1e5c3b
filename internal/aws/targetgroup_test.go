package aws

import (
	"testing"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/engine/enginetest"
)

// aTargetGroup is one that all tests start from.
func aTargetGroup(name string, vpc engine.Ref[VPC]) TargetGroup {
	return TargetGroup{
		Name: name, VPC: vpc, Port: 80, Protocol: "HTTP", TargetType: "instance", Drain: 30,
		Health: HealthCheck{Path: "/health", Matcher: "200", Interval: 15, Timeout: 5, Healthy: 2, Unhealthy: 3},
	}
}

func TestTargetGroup(t *testing.T) {
	step := func(change func(*TargetGroup)) enginetest.Step {
		return func(st *engine.Stack) {
			group := aTargetGroup(st.Environment+"-web", engine.Add(st, "main", VPC{CIDR: "10.0.0.0/16"}))
			change(&group)
			engine.Add(st, "web", group)
		}
	}
	conform(t,
		step(func(*TargetGroup) {}),
		step(func(g *TargetGroup) { g.Drain = 60 }),
		step(func(g *TargetGroup) {
			g.Health = HealthCheck{Path: "/up", Matcher: "200-299", Interval: 20, Timeout: 6, Healthy: 3, Unhealthy: 2}
		}),
		step(func(g *TargetGroup) { g.Name, g.Port = g.Name+"-2", 8080 }), // made anew, under another name
		step(func(g *TargetGroup) { g.Name, g.Port = g.Name+"-2", 8081 }), // made anew, under the same
	)
}
