package aws

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/google/go-cmp/cmp"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/sandbox/bench"
	"github.com/keyedin-app/keyedin-infra/internal/sandbox/proxy"
	"github.com/keyedin-app/keyedin-infra/internal/state"
)

// edgeOf declares all kinds of this part, as an environment has them.
func edgeOf(st *engine.Stack) {
	vpc, subnets, after := publicNetwork(st, "us-east-1a", "us-east-1b")
	zone := engine.Add(st, "main", HostedZone{Name: "example.com"})
	cert := proof(st, zone, "example.com", "example.com", "www.example.com")
	door := engine.Add(st, "door", SecurityGroup{Name: "door", VPC: vpc, Description: "door"})
	lb := engine.Add(st, "main", LoadBalancer{
		Name: "main", Subnets: subnets, SecurityGroups: engine.Set[engine.Ref[SecurityGroup]]{door},
		DropInvalidHeaders: true, DeletionProtection: true, IdleTimeout: 75, Desync: "strictest", After: after,
	})
	web := engine.Add(st, "web", aTargetGroup("web", vpc))
	engine.Add(st, "http", Listener{LoadBalancer: lb, Port: 80, Protocol: "HTTP", Redirect: true})
	engine.Add(st, "https", Listener{
		LoadBalancer: lb, Port: 443, Protocol: "HTTPS", Certificate: IssuedCertificate(cert), Policy: RecommendedPolicy,
		HSTS: "max-age=31536000", Groups: engine.Set[engine.Ref[TargetGroup]]{web},
	})
	for _, name := range []string{"example.com", "www.example.com"} {
		engine.Add(st, name, Record{
			Zone: zone, Name: engine.Known(name), Type: "A", Alias: Alias{DNS: LoadBalancerDNS(lb), ZoneID: LoadBalancerZone(lb)},
		})
	}
}

// Of each kind of call, the first answer is lost on its way: nothing is made
// twice, and nothing is forgotten.
func TestEdgeWithLostAnswers(t *testing.T) {
	t.Parallel()
	b := bench.Start(t)
	seen := map[string]bool{}
	b.Add(proxy.Rule{Name: "lost", Lost: true, Match: func(c proxy.Call) bool {
		mine := slices.Contains([]string{"elasticloadbalancing", "acm", "route53"}, c.Service) && c.Mutating()
		defer func() { seen[c.String()] = seen[c.String()] || mine }()
		return mine && !seen[c.String()]
	}})
	clients := NewClients(b.Config())
	clients.Delegation = nil
	w := &worked{lived{clients, t}, b, edgeOf, state.New("sample", "test", "123456789012", "us-east-1")}
	w.apply()
	for range 3 { // a run that ends with an error is typed again
		if len(w.differences()) > 0 {
			w.apply()
		}
	}
	if d := w.differences(); len(d) > 0 {
		t.Errorf("still to do: %v", d)
	}
	maps.DeleteFunc(seen, func(_ string, lost bool) bool { return !lost })
	if len(seen) < 8 {
		t.Errorf("only these answers were lost: %v", seen)
	}
	if d := cmp.Diff([]int{1, 1, 2, 1, 1, 6}, w.edgeCensus()); d != "" {
		t.Errorf("load balancers, target groups, listeners, certificates, zones, records: %s", d)
	}
}

// edgeCensus counts what is in the account.
func (w *worked) edgeCensus() []int {
	w.t.Helper()
	ctx := context.Background()
	balancers, err := w.ELB.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{})
	w.must(nil, err)
	groups, err := w.ELB.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{})
	w.must(nil, err)
	doors, err := w.ELB.DescribeListeners(ctx, &elb.DescribeListenersInput{LoadBalancerArn: balancers.LoadBalancers[0].LoadBalancerArn})
	w.must(nil, err)
	certs, err := w.ACM.ListCertificates(ctx, &acm.ListCertificatesInput{})
	w.must(nil, err)
	zones, err := w.Route53.ListHostedZones(ctx, &route53.ListHostedZonesInput{})
	w.must(nil, err)
	sets, err := w.Route53.ListResourceRecordSets(ctx, &route53.ListResourceRecordSetsInput{HostedZoneId: zones.HostedZones[0].Id})
	w.must(nil, err)
	return []int{
		len(balancers.LoadBalancers), len(groups.TargetGroups), len(doors.Listeners), len(certs.CertificateSummaryList),
		len(zones.HostedZones), len(sets.ResourceRecordSets),
	}
}

// What somebody changed by hand is seen, and set right.
func TestEdgeChangedByHand(t *testing.T) {
	w := newWorked(t, edgeOf)
	ctx := context.Background()
	if d := w.differences(); len(d) > 0 {
		t.Fatalf("after an apply: %v", d)
	}
	lb, http := w.id("load-balancer/main"), w.id("listener/http")
	w.must(nil, loadBalancers{w.Clients}.set(ctx, lb, map[string]string{attrDropHeaders: "false", attrDesync: "monitor"}))
	w.must(w.ELB.ModifyListener(ctx, &elb.ModifyListenerInput{ListenerArn: aws.String(http), DefaultActions: []elbtypes.Action{{
		Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: aws.String(w.id("target-group/web")),
	}}}))
	w.must(w.ELB.RemoveTags(ctx, &elb.RemoveTagsInput{ResourceArns: []string{http}, TagKeys: []string{"project", "environment", "address"}}))
	zone := w.id("hosted-zone/main")
	sets, err := recordsOf(w, zone)
	w.must(nil, err)
	for i := range sets {
		if recordOf(zone, sets[i]).ID == recordKey(zone, "www.example.com", "A") {
			w.must(nil, newRecords(w.Clients).changes.do(ctx, zone, types.Change{Action: types.ChangeActionDelete, ResourceRecordSet: &sets[i]}))
		}
	}
	want := map[string][]string{
		"load-balancer/main":     {"desync", "drop-invalid-headers"},
		"listener/http":          {"groups", "redirect", "tags.address", "tags.environment", "tags.project"},
		"record/www.example.com": nil,
	}
	if d := cmp.Diff(want, w.differences()); d != "" {
		t.Errorf("what is seen:\n%s", d)
	}
	w.apply()
	if d := w.differences(); len(d) > 0 {
		t.Errorf("still to do: %v", d)
	}
}

func recordsOf(w *worked, zone string) ([]types.ResourceRecordSet, error) {
	return w.recordSets(context.Background(), engine.NewScope("sample", "test", nil), zone)
}

// Route 53 refuses a second change while one is under way, and ACM lets go of a
// certificate some time after the listener did: both are waited for.
func TestEdgeIsPatient(t *testing.T) {
	w := newWorked(t, edgeOf)
	w.record.Add(proxy.Rule{Operation: "acm:DeleteCertificate", Times: 3, Error: &proxy.Error{Code: "ResourceInUseException", Message: "in use"}})
	w.record.Add(proxy.Rule{Operation: "elasticloadbalancing:DeleteTargetGroup", Times: 2, Error: &proxy.Error{Code: "ResourceInUse", Message: "in use"}})
	hints := engine.NewStack("sample", "test", nil)
	edgeOf(hints)
	e := engine.New(Kinds(w.Clients), Classify)
	world, err := e.Observe(t.Context(), hints, w.last)
	w.must(nil, err)
	p := e.Plan(hints.Empty(), w.last, world, hints)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out := e.Apply(ctx, p, engine.Options{Recorder: w, RunID: "patient", Attention: time.Minute})
	if out.Err != nil || len(out.Skipped) > 0 || len(w.last.Objects) > 0 {
		t.Errorf("destroy: %v, skipped %v, left %d", out.Err, out.Skipped, len(w.last.Objects))
	}
}
