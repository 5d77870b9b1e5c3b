package aws

import (
	"testing"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/engine/enginetest"
)

// groupIn declares a group of template's instances in a place.
func groupIn(st *engine.Stack, p place, edit func(*LaunchTemplate, *AutoScalingGroup)) engine.Ref[AutoScalingGroup] {
	template := webTemplate(st)
	template.SecurityGroups, template.Image, template.Profile = p.groups, amazonLinuxImage, profileOf(st, "web")
	group := AutoScalingGroup{
		Name: "sample-" + st.Environment, Types: []string{"t3.small", "t3a.small"}, Subnets: p.subnets, Min: 1, Max: 3, Desired: 1,
		OnDemandBase: 1, SpotStrategy: "price-capacity-optimized", CapacityRebalance: true, HealthCheck: "ELB", GracePeriod: 300, Warmup: 180,
	}
	for _, name := range []string{"blue", "green"} {
		group.TargetGroups = append(group.TargetGroups, engine.Add(st, name, TargetGroup{
			Name: "sample-" + st.Environment + "-" + name, VPC: p.vpc, Port: 80, Protocol: "HTTP", TargetType: "instance", Drain: 30,
			Health: HealthCheck{Path: "/", Matcher: "200", Interval: 10, Timeout: 5, Healthy: 2, Unhealthy: 2},
		}))
	}
	edit(&template, &group)
	group.Template = engine.Add(st, "web", template)
	group.Version = LaunchTemplateVersion(group.Template)
	return engine.Add(st, "web", group)
}

func TestAutoScalingGroup(t *testing.T) {
	with := func(edit func(*LaunchTemplate, *AutoScalingGroup)) enginetest.Step {
		return func(st *engine.Stack) { groupIn(st, placeOf(st), edit) }
	}
	conform(t,
		with(func(*LaunchTemplate, *AutoScalingGroup) {}),
		with(func(t *LaunchTemplate, _ *AutoScalingGroup) { t.UserData = engine.Known("#!/bin/sh\n") }),
		with(func(t *LaunchTemplate, _ *AutoScalingGroup) { t.Name += "-next" }),
		with(func(_ *LaunchTemplate, g *AutoScalingGroup) { g.Types = []string{"t3a.small", "t3.small", "t2.small"} }),
		with(func(_ *LaunchTemplate, g *AutoScalingGroup) { g.TargetGroups = g.TargetGroups[:1] }),
		with(func(_ *LaunchTemplate, g *AutoScalingGroup) { g.TargetGroups = g.TargetGroups[1:] }),
		with(func(_ *LaunchTemplate, g *AutoScalingGroup) { g.OnDemandBase, g.OnDemandPercent = 0, 50 }),
		with(func(_ *LaunchTemplate, g *AutoScalingGroup) {
			g.SpotStrategy, g.CapacityRebalance = "lowest-price", false
		}),
		with(func(_ *LaunchTemplate, g *AutoScalingGroup) { g.HealthCheck, g.GracePeriod, g.Warmup = "EC2", 120, 60 }),
		with(func(_ *LaunchTemplate, g *AutoScalingGroup) { g.Subnets, g.Min, g.Max = g.Subnets[:1], 2, 4 }),
	)
}

func TestScalingPolicy(t *testing.T) {
	with := func(edit func(*ScalingPolicy)) enginetest.Step {
		return func(st *engine.Stack) {
			s := ScalingPolicy{
				Name: "requests", RequestsPerTarget: 1000, Label: engine.Known("app/sample/0123456789abcdef/targetgroup/sample/fedcba9876543210"),
				Group: groupIn(st, placeOf(st), func(*LaunchTemplate, *AutoScalingGroup) {}),
			}
			edit(&s)
			engine.Add(st, "requests", s)
		}
	}
	conform(t,
		with(func(*ScalingPolicy) {}),
		with(func(s *ScalingPolicy) { s.RequestsPerTarget = 500 }),
		with(func(s *ScalingPolicy) {
			s.Label = engine.Known("app/other/0123456789abcdef/targetgroup/sample/fedcba9876543210")
		}),
	)
}
