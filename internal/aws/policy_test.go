package aws

import (
	"encoding/json"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// A policy that AWS gives back in another order, and with lists of one written
// bare, is the same policy.
func TestPolicyIsTheSameHoweverWritten(t *testing.T) {
	const ours = `{"Version":"2012-10-17","Statement":[
		{"Sid":"Read","Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::example"],
		 "Condition":{"Bool":{"aws:SecureTransport":["true"]},"StringEquals":{"aws:SourceAccount":["123456789012"]}}},
		{"Effect":"Deny","Principal":"*","Action":["s3:*"],"Resource":["*"]}]}`
	const theirs = `{"Statement":[
		{"Action":"s3:*","Resource":"*","Principal":{"AWS":"*"},"Effect":"Deny"},
		{"Condition":{"StringEquals":{"aws:SourceAccount":"123456789012"},"Bool":{"aws:SecureTransport":true}},
		 "Action":["s3:ListBucket","s3:GetObject"],"Resource":"arn:aws:s3:::example","Effect":"Allow","Sid":"Read"}],"Version":"2012-10-17"}`
	if d := cmp.Diff(parsed(t, ours).document(), parsed(t, theirs).document()); d != "" {
		t.Error(d)
	}
}

// What a Statement has no field for is never lost: it makes a difference, and
// is written back as it was.
func TestPolicyKeepsWhatItCannotSay(t *testing.T) {
	tests := map[string]string{
		"not action":      `{"Effect":"Allow","NotAction":["iam:*"],"Resource":["*"]}`,
		"canonical user":  `{"Effect":"Allow","Action":["s3:GetObject"],"Principal":{"CanonicalUser":"79a59df900b949e5"},"Resource":["*"]}`,
		"broken effect":   `{"Effect":"Perhaps","Action":["s3:*"],"Resource":["*"]}`,
		"nested resource": `{"Effect":"Allow","Action":["s3:*"],"Resource":[["*"]]}`,
	}
	for name, statement := range tests {
		t.Run(name, func(t *testing.T) {
			p := parsed(t, `{"Version":"2012-10-17","Statement":`+statement+`}`)
			if p.Statements[0].Other == "" {
				t.Errorf("taken for %s", mustJSON(p))
			}
		})
	}
	older := parsed(t, `{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${aws:username}"}]}`)
	if len(older.Statements) != 2 {
		t.Error("variables are plain text in the version of 2008, but the policy passes for one of 2012")
	}
	for _, broken := range []string{``, `[]`, `{"Version":"2012-10-17"}`, `{"Statement":"*"}`} {
		if p, err := parsePolicy(broken); err == nil {
			t.Errorf("parsePolicy(%q) = %s", broken, mustJSON(p))
		}
	}
}

// Any policy survives the way to AWS and back, whichever way its parts are
// ordered, and a second time gives the same document.
func TestPolicyRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a-z0-9:*/-]{1,12}`)
		texts := rapid.SliceOfNDistinct(text, 1, 4, rapid.ID)
		p := Policy{}
		for range rapid.IntRange(1, 4).Draw(t, "statements") {
			s := Statement{SID: rapid.StringMatching(`[A-Za-z0-9]{0,5}`).Draw(t, "sid"), Deny: rapid.Bool().Draw(t, "deny"), Actions: texts.Draw(t, "actions")}
			s.Resources = knownOf(texts.Draw(t, "resources"))
			if rapid.Bool().Draw(t, "principal") {
				s.Principal = Principal{Services: texts.Draw(t, "services"), AWS: knownOf([]string{"arn:aws:iam::123456789012:root"})}
			}
			for _, key := range texts.Draw(t, "keys") {
				s.When = append(s.When, Condition{"StringEquals", key, knownOf(texts.Draw(t, "values"))})
			}
			p.Statements = append(p.Statements, s)
		}
		back, err := parseEscaped(url.PathEscape(p.document()))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(mustJSON(p)), string(mustJSON(back))); d != "" {
			t.Error(d)
		}
	})
}

// A role that someone else may take too is not the role we want.
func TestTrusted(t *testing.T) {
	if got, _ := trusted(trusts("ec2.amazonaws.com")); got != "ec2.amazonaws.com" {
		t.Errorf("trusted = %s", got)
	}
	wider := trusts("ec2.amazonaws.com")
	wider.Statements[0].Principal.AWS = knownOf([]string{"arn:aws:iam::210987654321:root"})
	two := Policy{Statements: append(trusts("ec2.amazonaws.com").Statements, trusts("ssm.amazonaws.com").Statements...)}
	web := WebIdentity{
		Provider: engine.ID[OIDCProvider]("arn:aws:iam::123456789012:oidc-provider/example.com"), Audience: STSAudience,
		Subjects: engine.Set[string]{"a", "b"},
	}
	if got, of := trusted(web.policy()); got != "" || cmp.Diff(string(mustJSON(web)), string(mustJSON(of))) != "" {
		t.Errorf("trusted = %s, %s", got, mustJSON(of))
	}
	anybody := web.policy()
	anybody.Statements[0].When = anybody.Statements[0].When[:1] // whatever the subject
	for _, p := range []Policy{wider, two, {}, anybody} {
		if got, _ := trusted(p); !json.Valid([]byte(got)) {
			t.Errorf("%s passes for %s", mustJSON(p), got)
		}
	}
}

func knownOf(texts []string) engine.Set[engine.Value[string]] {
	var all engine.Set[engine.Value[string]]
	for _, text := range texts {
		all = append(all, engine.Known(text))
	}
	return all
}

func parsed(t *testing.T, document string) Policy {
	t.Helper()
	p, err := parsePolicy(document)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
