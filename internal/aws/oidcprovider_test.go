package aws

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

func TestOIDCProvider(t *testing.T) {
	conform(t, func(st *engine.Stack) {
		engine.Add(st, "github", OIDCProvider{URL: GitHub, Audience: STSAudience})
	})
}

func TestWebRole(t *testing.T) {
	step := func(subjects ...string) func(*engine.Stack) {
		return func(st *engine.Stack) {
			r := serverRole(st, "deploy", "s3:GetObject")
			r.Trust, r.Web = "", WebIdentity{
				Provider: engine.Add(st, "github", OIDCProvider{URL: GitHub, Audience: STSAudience}),
				Audience: STSAudience, Subjects: subjects,
			}
			engine.Add(st, "deploy", r)
		}
	}
	conform(t, step("repo:a/b:pull_request"), step("repo:a/b:environment:production", "repo:a@*/b@*:environment:production"))
}

// A provider that somebody else made is shared: it gets our audience, keeps
// theirs, and is not taken away.
func TestOIDCProviderIsShared(t *testing.T) {
	a := newLived(t)
	made, err := a.IAM.CreateOpenIDConnectProvider(t.Context(), &iam.CreateOpenIDConnectProviderInput{Url: aws.String(GitHub), ClientIDList: []string{"theirs"}})
	a.must(made, err)
	p := a.plan(func(st *engine.Stack) { engine.Add(st, "github", OIDCProvider{URL: GitHub, Audience: STSAudience}) })
	if len(p.Problems) > 0 || p.Count(engine.Update) != 1 || len(p.Changes) != 1 {
		t.Fatalf("the plan is %+v", p.Changes)
	}
	d := oidcProviders{a.Clients}
	lives, err := d.Read(t.Context(), engine.NewScope("sample", "test", []engine.Expected{{
		Kind: "oidc-provider", Address: "oidc-provider/github", Document: engine.Document{"url": GitHub, "audience": STSAudience},
	}}))
	if err != nil || len(lives) != 1 {
		t.Fatalf("read %v, %v", lives, err)
	}
	a.must(nil, d.Update(t.Context(), lives[0], OIDCProvider{URL: GitHub, Audience: STSAudience}, engine.Fields{"audience"}))
	got, err := a.IAM.GetOpenIDConnectProvider(t.Context(), &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: made.OpenIDConnectProviderArn})
	a.must(got, err)
	if want := []string{"theirs", STSAudience}; !slices.Equal(got.ClientIDList, want) {
		t.Errorf("the audiences are %v, want %v", got.ClientIDList, want)
	}
}
