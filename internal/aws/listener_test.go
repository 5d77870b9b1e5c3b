package aws

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/engine/enginetest"
)

func TestListener(t *testing.T) {
	step := func(change func(s *Listener, second engine.Ref[TargetGroup])) enginetest.Step {
		return func(st *engine.Stack) {
			vpc, subnets, after := publicNetwork(st, "us-east-1a", "us-east-1b")
			door := engine.Add(st, "door", SecurityGroup{Name: st.Environment + "-door", VPC: vpc, Description: "door"})
			lb := engine.Add(st, "main", LoadBalancer{
				Name: st.Environment + "-main", Subnets: subnets, SecurityGroups: engine.Set[engine.Ref[SecurityGroup]]{door},
				IdleTimeout: 60, Desync: "defensive", After: after,
			})
			first := engine.Add(st, "first", aTargetGroup(st.Environment+"-first", vpc))
			second := engine.Add(st, "second", aTargetGroup(st.Environment+"-second", vpc))
			domain := st.Environment + ".example.com"
			cert := proof(st, engine.Add(st, "main", HostedZone{Name: domain}), domain, domain)
			engine.Add(st, "http", Listener{LoadBalancer: lb, Port: 80, Protocol: "HTTP", Redirect: true})
			https := Listener{
				LoadBalancer: lb, Port: 443, Protocol: "HTTPS", Certificate: IssuedCertificate(cert), Policy: RecommendedPolicy,
				HSTS: "max-age=31536000", Groups: engine.Set[engine.Ref[TargetGroup]]{first},
			}
			change(&https, second)
			engine.Add(st, "https", https)
		}
	}
	both := func(s *Listener, second engine.Ref[TargetGroup]) { s.Groups = append(s.Groups, second) }
	conform(t,
		step(func(*Listener, engine.Ref[TargetGroup]) {}),
		step(func(s *Listener, _ engine.Ref[TargetGroup]) { s.HSTS = "" }),
		step(func(s *Listener, _ engine.Ref[TargetGroup]) { s.Policy = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06" }),
		step(both),
		step(func(s *Listener, second engine.Ref[TargetGroup]) { both(s, second); s.Port = 8443 }),
		step(func(s *Listener, second engine.Ref[TargetGroup]) {
			s.Groups = engine.Set[engine.Ref[TargetGroup]]{second}
		}),
	)
}

const (
	blue  = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/blue/73e2d6bc24d8a067"
	green = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/green/8d1f3c2b5a697e40"
)

func TestWeights(t *testing.T) {
	for _, test := range []struct {
		name       string
		now, start map[string]int
		want       []int // of blue and green
	}{
		{"none known: the same for all", nil, nil, []int{1, 1}},
		{"as declared", nil, map[string]int{"blue": 1}, []int{1, 0}},
		{"a deployment's are kept", map[string]int{"blue": 10, "green": 90}, map[string]int{"blue": 1}, []int{10, 90}},
		{"one that joins gets nothing", map[string]int{"blue": 1}, nil, []int{1, 0}},
		{"both in the place of another", map[string]int{"old": 1}, nil, []int{1, 1}},
		{"as declared in the place of another", map[string]int{"old": 1}, map[string]int{"green": 100}, []int{0, 100}},
		{"all went to one that leaves", map[string]int{"old": 1, "blue": 0}, nil, []int{1, 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := Listener{Groups: refs[TargetGroup]([]string{blue, green}), Weights: test.start}
			if d := cmp.Diff(test.want, s.weights(test.now)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestListenerReadsWhatItMakes(t *testing.T) {
	for name, want := range map[string]Listener{
		"redirect": {Redirect: true},
		"one":      {Groups: refs[TargetGroup]([]string{blue}), Weights: map[string]int{"blue": 1}},
		"two":      {Groups: refs[TargetGroup]([]string{blue, green}), Weights: map[string]int{"blue": 95, "green": 5}},
	} {
		t.Run(name, func(t *testing.T) {
			got := listenerOf(types.Listener{DefaultActions: want.actions(nil)})
			if d := cmp.Diff(want.Groups, got.Groups, cmp.Comparer(sameRef)); d != "" || got.Redirect != want.Redirect {
				t.Errorf("redirect %v, groups %s", got.Redirect, d)
			}
			if d := cmp.Diff(want.Weights, got.Weights); d != "" {
				t.Error(d)
			}
		})
	}
}

func sameRef(a, b engine.Ref[TargetGroup]) bool { return a == b }

// What someone made of a listener by hand is a difference, not a crash.
func TestListenerOfSomeoneElsesMaking(t *testing.T) {
	elsewhere := redirect()
	elsewhere.Host = aws.String("example.org")
	for name, action := range map[string]types.Action{
		"another redirect": {Type: types.ActionTypeEnumRedirect, RedirectConfig: elsewhere},
		"a fixed answer":   {Type: types.ActionTypeEnumFixedResponse},
		"an empty forward": {Type: types.ActionTypeEnumForward},
	} {
		if got := listenerOf(types.Listener{DefaultActions: []types.Action{action}}); got.Redirect || len(got.Groups) > 0 {
			t.Errorf("%s is taken for one of ours: %+v", name, got)
		}
	}
	short := types.Action{Type: types.ActionTypeEnumForward, TargetGroupArn: aws.String(blue)}
	if got := listenerOf(types.Listener{DefaultActions: []types.Action{short}}); len(got.Groups) != 1 || got.Groups[0].ID() != blue {
		t.Errorf("the short form of a forward is read as %+v", got.Groups)
	}
}
