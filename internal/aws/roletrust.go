package aws

import (
	"strings"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// WebIdentity is whoever shows a token of an identity provider that is made out
// to the audience and says one of the subjects.
type WebIdentity struct {
	Provider engine.Ref[OIDCProvider] `json:"provider"`
	Audience string                   `json:"audience"`
	// Subjects may hold * for any text.
	Subjects engine.Set[string] `json:"subjects"`
}

// trust is the policy that says who may take the role.
func (r Role) trust() Policy {
	if r.Web.Provider.IsZero() {
		return trusts(r.Trust)
	}
	return r.Web.policy()
}

// trusts is the policy by which one service may take a role.
func trusts(service string) Policy {
	return Policy{Statements: engine.Set[Statement]{{
		Principal: Principal{Services: engine.Set[string]{service}}, Actions: engine.Set[string]{"sts:AssumeRole"},
	}}}
}

// policy names the claims of the token by the provider's address.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
func (w WebIdentity) policy() Policy {
	arn := w.Provider.ID()
	var subjects engine.Set[engine.Value[string]]
	for _, subject := range w.Subjects {
		subjects = append(subjects, engine.Known(subject))
	}
	return Policy{Statements: engine.Set[Statement]{{
		Principal: Principal{Federated: engine.Set[string]{arn}}, Actions: engine.Set[string]{"sts:AssumeRoleWithWebIdentity"},
		When: engine.Set[Condition]{
			{Operator: "StringEquals", Key: issuer(arn) + ":aud", Values: engine.Set[engine.Value[string]]{engine.Known(w.Audience)}},
			{Operator: "StringLike", Key: issuer(arn) + ":sub", Values: subjects},
		},
	}}}
}

// trusted is the way back; a policy that says anything else comes as it is.
func trusted(p Policy) (service string, web WebIdentity) {
	if len(p.Statements) != 1 {
		return p.document(), web
	}
	by := p.Statements[0].Principal
	switch {
	case len(by.Services) == 1 && p.document() == trusts(by.Services[0]).document():
		return by.Services[0], web
	case len(by.Federated) == 1:
		web = webIdentity(by.Federated[0], p.Statements[0].When)
		if p.document() == web.policy().document() {
			return "", web
		}
	}
	return p.document(), WebIdentity{}
}

func webIdentity(provider string, when engine.Set[Condition]) WebIdentity {
	web := WebIdentity{Provider: engine.ID[OIDCProvider](provider)}
	for _, c := range when {
		for _, value := range c.Values {
			switch c.Key {
			case issuer(provider) + ":aud":
				web.Audience = value.MustGet()
			case issuer(provider) + ":sub":
				web.Subjects = append(web.Subjects, value.MustGet())
			}
		}
	}
	return web
}

// issuer is a provider's address without its scheme, which its ARN ends in.
func issuer(arn string) string {
	_, address, _ := strings.Cut(arn, ":oidc-provider/")
	return address
}
