package aws

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/google/go-cmp/cmp"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/engine/enginetest"
)

func TestRecord(t *testing.T) {
	step := func(change func(domain string, a *Record)) enginetest.Step {
		return func(st *engine.Stack) {
			domain := st.Environment + ".example.com"
			zone := engine.Add(st, "main", HostedZone{Name: domain})
			a := Record{Zone: zone, Name: engine.Known(domain), Type: "A", TTL: 60, Values: valuesOf("203.0.113.5", "203.0.113.6")}
			change(domain, &a)
			engine.Add(st, "apex", a)
			engine.Add(st, "any", Record{Zone: zone, Name: engine.Known("*." + domain), Type: "CNAME", TTL: 300, Values: valuesOf(domain)})
			engine.Add(st, "text", Record{Zone: zone, Name: engine.Known(domain), Type: "TXT", TTL: 300, Values: valuesOf(`"v=spf1 -all"`)})
		}
	}
	conform(t,
		step(func(string, *Record) {}),
		step(func(_ string, r *Record) { r.Values = valuesOf("203.0.113.7") }),
		step(func(_ string, r *Record) { r.TTL = 300 }),
		step(func(_ string, r *Record) {
			r.Values, r.TTL = nil, 0
			r.Alias = Alias{DNS: engine.Known("main-1.us-east-1.elb.amazonaws.com"), ZoneID: engine.Known("Z35SXDOTRQ7X7K")}
		}),
		step(func(domain string, r *Record) { r.Name = engine.Known("www." + domain) }),
		step(func(_ string, r *Record) { r.Type, r.Values = "AAAA", valuesOf("2001:db8::5") }),
	)
}

func valuesOf(values ...string) engine.Set[engine.Value[string]] {
	var set engine.Set[engine.Value[string]]
	for _, v := range values {
		set = append(set, engine.Known(v))
	}
	return set
}

func TestRecordAsRoute53WritesIt(t *testing.T) {
	live := recordOf("Z1", types.ResourceRecordSet{
		Name: aws.String(`\052.Example.com.`), Type: types.RRTypeA,
		AliasTarget: &types.AliasTarget{DNSName: aws.String("dualstack.Main-1.us-east-1.elb.amazonaws.com."), HostedZoneId: aws.String("Z35")},
	})
	want := Record{
		Zone: engine.ID[HostedZone]("Z1"), Name: engine.Known("*.example.com"), Type: "A",
		Alias: Alias{DNS: engine.Known("main-1.us-east-1.elb.amazonaws.com"), ZoneID: engine.Known("Z35")},
	}
	if d := cmp.Diff(text(t, want), text(t, live.Spec)); d != "" || live.ID != "Z1/*.example.com/A" {
		t.Errorf("%s: %s", live.ID, d)
	}
	cname := recordOf("Z1", types.ResourceRecordSet{
		Name: aws.String("_1.example.com."), Type: types.RRTypeCname, TTL: aws.Int64(300),
		ResourceRecords: []types.ResourceRecord{{Value: aws.String("_2.acm-validations.aws.")}},
	})
	if got, _ := cname.Spec.Values[0].Get(); got != "_2.acm-validations.aws" {
		t.Errorf("the value of a CNAME is read as %s", got)
	}
}

// A record whose address changed belongs to the new one alone: the old one must
// not be taken away.
func TestRecordWithAnotherAddress(t *testing.T) {
	scope := engine.NewScope("sample", "test", []engine.Expected{
		{Kind: "record", Address: "record/new", Document: engine.Document{"zone": "Z1", "name": "www.example.com", "type": "A"}},
		{Kind: "record", Address: "record/old", ID: "Z1/www.example.com/A"},
		{Kind: "record", Address: "record/gone", ID: "Z1/old.example.com/A"},
		{Kind: "record", Address: "record/elsewhere", Document: engine.Document{"zone": "Z2", "name": "www.example.com", "type": "A"}},
	})
	got, err := (&Clients{}).claims(t.Context(), scope, []zone{{id: "Z1", name: "example.com"}})
	want := map[string]string{"Z1/www.example.com/A": "record/new", "Z1/old.example.com/A": "record/gone"}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("%s %v", d, err)
	}
}

// text is a spec's document.
func text(t *testing.T, s Record) string {
	t.Helper()
	st := engine.NewStack("sample", "test", nil)
	engine.Add(st, "it", s)
	d, _ := st.Document("record/it")
	return string(d.JSON())
}
