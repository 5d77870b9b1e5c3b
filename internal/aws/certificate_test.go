package aws

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"
	"github.com/google/go-cmp/cmp"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/engine/enginetest"
)

// proof declares a certificate with the records it is proven by.
func proof(st *engine.Stack, zone engine.Ref[HostedZone], domain string, names ...string) engine.Ref[Certificate] {
	cert := engine.Add(st, "main", Certificate{Domain: domain, Names: names})
	for _, name := range names {
		engine.Add(st, "validation-"+name, Record{
			Zone: zone, Name: ValidationName(cert, name), Type: "CNAME", TTL: 300,
			Values: engine.Set[engine.Value[string]]{ValidationValue(cert, name)},
		})
	}
	return cert
}

func TestCertificate(t *testing.T) {
	step := func(labels ...string) enginetest.Step {
		return func(st *engine.Stack) {
			domain := st.Environment + ".example.com"
			zone := engine.Add(st, "main", HostedZone{Name: domain})
			names := []string{domain}
			for _, label := range labels {
				names = append(names, label+"."+domain)
			}
			proof(st, zone, domain, names...)
		}
	}
	conform(t, step("www"), step("www", "api"), step())
}

func TestCertificateStatus(t *testing.T) {
	record := &types.ResourceRecord{Name: aws.String("_1.Example.com."), Value: aws.String("_2.acm-validations.aws.")}
	detail := func(status types.CertificateStatus, reason types.FailureReason) types.CertificateDetail {
		return types.CertificateDetail{
			CertificateArn: aws.String("arn"), DomainName: aws.String("example.com"), Status: status, FailureReason: reason,
			SubjectAlternativeNames: []string{"example.com", "www.example.com"},
			DomainValidationOptions: []types.DomainValidation{
				{DomainName: aws.String("example.com"), ResourceRecord: record, ValidationStatus: types.DomainStatusSuccess},
				{DomainName: aws.String("www.example.com"), ValidationStatus: types.DomainStatusPendingValidation},
			},
		}
	}
	for _, test := range []struct {
		name   string
		detail types.CertificateDetail
		status engine.Status
		reason string
		issued bool
	}{
		{"issued", detail(types.CertificateStatusIssued, ""), engine.Ready, "", true},
		{"open", detail(types.CertificateStatusPendingValidation, ""), engine.Pending, "ACM has not seen the records yet that prove www.example.com", false},
		{"failed", detail(types.CertificateStatusFailed, types.FailureReasonCaaError), engine.Failed, "CAA_ERROR", false},
		{"timed out", detail(types.CertificateStatusValidationTimedOut, ""), engine.Failed, "VALIDATION_TIMED_OUT", false},
		{"unknown", detail("NEW_IN_AWS", ""), engine.Pending, "NEW_IN_AWS", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			live := certificateOf(test.detail)
			if live.Status != test.status || live.Reason != test.reason {
				t.Errorf("%s, %q", live.Status, live.Reason)
			}
			want := map[string]any{"record-name/example.com": "_1.example.com", "record-value/example.com": "_2.acm-validations.aws"}
			if test.issued {
				want["issued"] = "arn"
			}
			if d := cmp.Diff(want, live.Attrs); d != "" {
				t.Error(d)
			}
			if (requested{Live: live}).proven() {
				t.Error("ACM has not said how www.example.com is proven")
			}
		})
	}
}

// Within an hour ACM gives the same certificate for the same token, also when
// that failed.
func TestRequestTokenAfterFailure(t *testing.T) {
	const token = "0123456789abcdef0123456789abcdef"
	cert := func(id string, status engine.Status) requested {
		return requested{Live: engine.Live[Certificate]{ID: id, Status: status}}
	}
	if got := requestToken(token, []requested{cert("a", engine.Pending)}); got != token {
		t.Errorf("the token changed to %s though none failed", got)
	}
	one := requestToken(token, []requested{cert("a", engine.Failed), cert("b", engine.Failed)})
	other := requestToken(token, []requested{cert("b", engine.Failed), cert("a", engine.Failed)})
	third := requestToken(token, []requested{cert("a", engine.Failed)})
	if one == token || one != other || one == third || len(one) != 32 {
		t.Errorf("tokens %s, %s, %s", one, other, third)
	}
}

func TestUndelegated(t *testing.T) {
	zone := []string{"ns-1.awsdns-01.org", "ns-2.awsdns-02.com"}
	for _, test := range []struct {
		name    string
		servers []string
		ok      bool
		want    string
	}{
		{"delegated", []string{"NS-2.awsdns-02.com."}, true, ""},
		{"nobody answers", nil, false, ""},
		{"to nobody", nil, true, "at the registrar of example.com, set the name servers ns-1.awsdns-01.org, ns-2.awsdns-02.com; the certificate is issued some minutes after that"},
		{"to others", []string{"ns.example.net"}, true, "at the registrar of example.com, set the name servers ns-1.awsdns-01.org, ns-2.awsdns-02.com; the certificate is issued some minutes after that"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := &Clients{Delegation: func(context.Context, string) ([]string, bool) { return test.servers, test.ok }}
			if got := c.undelegated(t.Context(), "example.com", zone); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestCertificateAwaitsAPerson(t *testing.T) {
	for _, test := range []struct {
		text  string
		fresh bool
		want  engine.Status
	}{
		{"", false, engine.Pending},
		{"set the name servers", true, engine.Pending},
		{"set the name servers", false, engine.Waiting},
	} {
		c := requested{Live: engine.Live[Certificate]{Status: engine.Pending, Reason: "open"}, fresh: test.fresh}
		c.await(test.text)
		if c.Status != test.want || (c.Reason == "open") != (test.text == "") {
			t.Errorf("%q, fresh %v: %s, %q", test.text, test.fresh, c.Status, c.Reason)
		}
	}
}
