package aws

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/engine/enginetest"
)

func TestLoadBalancer(t *testing.T) {
	step := func(change func(*LoadBalancer, []engine.Ref[Subnet], engine.Ref[SecurityGroup])) enginetest.Step {
		return func(st *engine.Stack) {
			vpc, subnets, after := publicNetwork(st, "us-east-1a", "us-east-1b", "us-east-1c")
			door := engine.Add(st, "door", SecurityGroup{Name: st.Environment + "-door", VPC: vpc, Description: "door"})
			second := engine.Add(st, "second", SecurityGroup{Name: st.Environment + "-second", VPC: vpc, Description: "second"})
			lb := LoadBalancer{
				Name: st.Environment + "-main", Subnets: subnets[:2], SecurityGroups: engine.Set[engine.Ref[SecurityGroup]]{door},
				DropInvalidHeaders: true, DeletionProtection: true, IdleTimeout: 75, Desync: "defensive", After: after,
			}
			change(&lb, subnets, second)
			engine.Add(st, "main", lb)
		}
	}
	conform(t,
		step(func(*LoadBalancer, []engine.Ref[Subnet], engine.Ref[SecurityGroup]) {}),
		step(func(lb *LoadBalancer, subnets []engine.Ref[Subnet], _ engine.Ref[SecurityGroup]) {
			lb.Subnets = subnets
		}),
		step(func(lb *LoadBalancer, _ []engine.Ref[Subnet], second engine.Ref[SecurityGroup]) {
			lb.SecurityGroups = engine.Set[engine.Ref[SecurityGroup]]{second}
		}),
		step(func(lb *LoadBalancer, _ []engine.Ref[Subnet], _ engine.Ref[SecurityGroup]) {
			lb.IdleTimeout, lb.Desync, lb.DropInvalidHeaders = 30, "strictest", false
		}),
	)
}

func TestBalancerStatus(t *testing.T) {
	for code, want := range map[types.LoadBalancerStateEnum]engine.Status{
		types.LoadBalancerStateEnumActive: engine.Ready, types.LoadBalancerStateEnumActiveImpaired: engine.Ready,
		types.LoadBalancerStateEnumFailed: engine.Failed, types.LoadBalancerStateEnumProvisioning: engine.Pending, "new-in-aws": engine.Pending,
	} {
		got, reason := balancerStatus(&types.LoadBalancerState{Code: code, Reason: aws.String("because")})
		if got != want || reason != "because" {
			t.Errorf("%s is %s, %q; want %s with AWS's reason", code, got, reason, want)
		}
	}
}

func TestLabels(t *testing.T) {
	got := []string{
		label("arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/main/50dc6c495c0c9188", "loadbalancer/"),
		label("arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/73e2d6bc24d8a067", ""),
		nameInARN("arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/main/50dc6c495c0c9188"),
		nameInARN("arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/73e2d6bc24d8a067"),
	}
	want := []string{"app/main/50dc6c495c0c9188", "targetgroup/web/73e2d6bc24d8a067", "main", "web"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
