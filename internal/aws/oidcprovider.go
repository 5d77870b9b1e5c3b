package aws

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// OIDCProvider lets roles trust the tokens of an identity provider. It allows
// nothing by itself. There is one for each address in an account, so whatever
// in it trusts that address shares it: it is taken as it is found, and is never
// deleted.
type OIDCProvider struct {
	// URL is the provider's address, such as GitHub.
	URL string `json:"url"`
	// Audience is who tokens are made out to; others may have added more.
	Audience string `json:"audience"`
}

// GitHub makes the tokens of GitHub Actions, and STSAudience is who its own
// action for AWS has them made out to.
// https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws
const (
	GitHub      = "https://token.actions.githubusercontent.com"
	STSAudience = "sts.amazonaws.com"
)

// Kind implements engine.Spec.
func (OIDCProvider) Kind() string { return "oidc-provider" }

// Fixed implements engine.Fixer.
func (OIDCProvider) Fixed() []string { return []string{"url"} }

// Keeps implements engine.Kept.
func (OIDCProvider) Keeps() string {
	return "it belongs to the account, roles of others may trust it, and by itself it allows nothing"
}

// NoTags implements engine.Untagged: as it is shared, it says nobody's name.
func (OIDCProvider) NoTags() {}

type oidcProviders struct{ *Clients }

// Read asks for the provider by its ARN where that is recorded. There are at
// most 100 in an account, so the listing has no pages.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
func (d oidcProviders) Read(ctx context.Context, scope engine.Scope) ([]engine.Live[OIDCProvider], error) {
	var lives []engine.Live[OIDCProvider]
	for _, k := range scope.Of(OIDCProvider{}.Kind()) {
		arn, err := d.find(ctx, k)
		if err != nil || arn == "" {
			return lives, err
		}
		out, err := d.IAM.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: aws.String(arn)})
		if err != nil {
			if err := unlessGone(err); err != nil {
				return nil, err
			}
			continue
		}
		live := engine.Live[OIDCProvider]{Address: k.Address, ID: arn, Spec: OIDCProvider{URL: "https://" + issuer(arn)}}
		if want := k.Document.Text("audience"); slices.Contains(out.ClientIDList, want) {
			live.Spec.Audience = want
		}
		lives = append(lives, live)
	}
	return lives, nil
}

func (d oidcProviders) find(ctx context.Context, k engine.Expected) (arn string, err error) {
	if k.ID != "" {
		return k.ID, nil
	}
	out, err := d.IAM.ListOpenIDConnectProviders(ctx, &iam.ListOpenIDConnectProvidersInput{})
	if err != nil {
		return "", err
	}
	address := strings.TrimPrefix(k.Document.Text("url"), "https://")
	for _, p := range out.OpenIDConnectProviderList {
		if issuer(aws.ToString(p.Arn)) == address {
			return aws.ToString(p.Arn), nil
		}
	}
	return "", nil
}

// Create leaves the thumbprint to IAM, which looks at it only where it does not
// know who signed the provider's certificate.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html
func (d oidcProviders) Create(ctx context.Context, _ engine.Identity, s OIDCProvider) error {
	_, err := d.IAM.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{
		Url: aws.String(s.URL), ClientIDList: []string{s.Audience},
	})
	return err
}

// Update adds the audience, which is no error where it is there, and leaves
// those of others.
func (d oidcProviders) Update(ctx context.Context, is engine.Live[OIDCProvider], want OIDCProvider, _ engine.Fields) error {
	_, err := d.IAM.AddClientIDToOpenIDConnectProvider(ctx, &iam.AddClientIDToOpenIDConnectProviderInput{
		OpenIDConnectProviderArn: aws.String(is.ID), ClientID: aws.String(want.Audience),
	})
	return err
}

// Delete is never asked of a kind that is kept.
func (d oidcProviders) Delete(_ context.Context, is engine.Live[OIDCProvider]) error {
	return errors.New("the provider of " + is.Spec.URL + " is the account's: delete it in the IAM console once no role trusts it")
}
