package aws

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

func TestHostedZone(t *testing.T) {
	conform(t, func(st *engine.Stack) { engine.Add(st, "main", HostedZone{Name: st.Environment + ".example.com"}) })
}

// A zone is known by its caller reference before it has tags, and one of the
// same name that someone else made is left alone.
func TestHostedZoneWithoutTags(t *testing.T) {
	a := newLived(t)
	ctx := context.Background()
	a.must(a.Route53.CreateHostedZone(ctx, &route53.CreateHostedZoneInput{Name: aws.String("example.com"), CallerReference: aws.String("by hand")}))
	declare := func(st *engine.Stack) { engine.Add(st, "main", HostedZone{Name: "example.com"}) }
	if p := a.plan(declare); len(p.Changes) != 1 || p.Changes[0].Action != engine.Create {
		t.Fatalf("with someone else's zone: %+v", p.Changes)
	}
	id := engine.Identity{Project: "sample", Environment: "test", Address: "hosted-zone/main", Token: strings.Repeat("a", 32)}
	a.must(nil, hostedZones{a.Clients}.Create(ctx, id, HostedZone{Name: "example.com"}))
	p := a.plan(declare)
	if len(p.Changes) != 1 || p.Changes[0].Action != engine.Update || len(p.Recovered) != 1 {
		t.Errorf("with our own, untagged: %+v, recovered %v", p.Changes, p.Recovered)
	}
}

func TestHostedZoneKeepsRecordsOfOthers(t *testing.T) {
	a := newLived(t)
	ctx := context.Background()
	id := engine.Identity{Project: "sample", Environment: "test", Address: "hosted-zone/main", Token: strings.Repeat("a", 32)}
	a.must(nil, hostedZones{a.Clients}.Create(ctx, id, HostedZone{Name: "example.com"}))
	scope := engine.NewScope("sample", "test", []engine.Expected{
		{Kind: "hosted-zone", Address: "hosted-zone/main", Document: engine.Document{"name": "example.com"}},
		{Kind: "record", Address: "record/www", Document: engine.Document{
			"zone": map[string]any{"$ref": "hosted-zone/main#id"}, "name": "www.example.com", "type": "A",
		}},
	})
	lives, err := hostedZones{a.Clients}.Read(ctx, scope)
	if err != nil || len(lives) != 1 || lives[0].Keep != "" {
		t.Fatalf("a fresh zone: %+v, %v", lives, err)
	}
	if servers := lives[0].Attrs["name-servers"].([]string); len(servers) != 4 || strings.HasSuffix(servers[0], ".") {
		t.Errorf("name servers %v", servers)
	}
	var changes []types.Change
	for name, kind := range map[string]types.RRType{"www.example.com": types.RRTypeA, "*.Example.com": types.RRTypeA} {
		changes = append(changes, types.Change{Action: types.ChangeActionUpsert, ResourceRecordSet: &types.ResourceRecordSet{
			Name: aws.String(name), Type: kind, TTL: aws.Int64(60), ResourceRecords: []types.ResourceRecord{{Value: aws.String("203.0.113.5")}},
		}})
	}
	a.must(a.Route53.ChangeResourceRecordSets(ctx, &route53.ChangeResourceRecordSetsInput{
		HostedZoneId: aws.String(lives[0].ID), ChangeBatch: &types.ChangeBatch{Changes: changes},
	}))
	lives, err = hostedZones{a.Clients}.Read(ctx, engine.NewScope(scope.Project, scope.Environment, scope.Known))
	want := "it holds records that are not part of this environment: *.example.com A"
	if err != nil || len(lives) != 1 || lives[0].Keep != want {
		t.Errorf("got  %q, %v\nwant %q", lives[0].Keep, err, want)
	}
}

func TestCallerReference(t *testing.T) {
	id := engine.Identity{Project: "sample", Environment: "test", Address: "hosted-zone/main", Token: strings.Repeat("f", 32)}
	reference := callerReference(id)
	if got := addressIn(reference, engine.Scope{Project: "sample", Environment: "test"}); got != id.Address {
		t.Errorf("%s gives the address %q", reference, got)
	}
	if got := addressIn(reference, engine.Scope{Project: "sample", Environment: "te"}); got != "" {
		t.Errorf("another environment takes it for its own %q", got)
	}
	if len(reference) > 128 {
		t.Errorf("%d characters", len(reference))
	}
}
