package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// roles are the ARNs of the environment's roles.
func (p *place) roles() []string {
	p.t.Helper()
	out, err := iam.NewFromConfig(p.Config()).ListRoles(p.t.Context(), &iam.ListRolesInput{PathPrefix: aws.String("/keyedin/production/")})
	if err != nil {
		p.t.Fatal(err)
	}
	var arns []string
	for _, r := range out.Roles {
		arns = append(arns, aws.ToString(r.Arn))
	}
	slices.Sort(arns)
	return arns
}

// audiences are those of the account's identity providers, by ARN.
func (p *place) audiences() map[string][]string {
	p.t.Helper()
	client, all := iam.NewFromConfig(p.Config()), map[string][]string{}
	out, err := client.ListOpenIDConnectProviders(p.t.Context(), &iam.ListOpenIDConnectProvidersInput{})
	if err != nil {
		p.t.Fatal(err)
	}
	for _, listed := range out.OpenIDConnectProviderList {
		got, err := client.GetOpenIDConnectProvider(p.t.Context(), &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: listed.Arn})
		if err != nil {
			p.t.Fatal(err)
		}
		all[aws.ToString(listed.Arn)] = got.ClientIDList
	}
	return all
}

// A provider that somebody made for something else is shared, and outlives the
// environment; the roles do not.
func TestProviderIsShared(t *testing.T) {
	t.Parallel()
	p := arrive(t, repository)
	client := iam.NewFromConfig(p.Config())
	made, err := client.CreateOpenIDConnectProvider(t.Context(), &iam.CreateOpenIDConnectProviderInput{
		Url: aws.String("https://token.actions.githubusercontent.com"), ClientIDList: []string{"theirs"},
	})
	if err != nil {
		t.Fatal(err)
	}
	arn := aws.ToString(made.OpenIDConnectProviderArn)
	p.must("apply", "--yes")
	if got := p.audiences(); len(got) != 1 || !slices.Equal(got[arn], []string{"theirs", "sts.amazonaws.com"}) {
		t.Errorf("the providers are %v", got)
	}
	p.settled()
	if _, err := client.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{
		RoleName: aws.String("keyedin-production-github-deploy"), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
			"Principal":{"Federated":"` + arn + `"},"Action":"sts:AssumeRoleWithWebIdentity",
			"Condition":{"StringLike":{"token.actions.githubusercontent.com:sub":"repo:someone/*"}}}]}`),
	}); err != nil {
		t.Fatal(err)
	}
	p.run("plan").prints(t, "~ role/github-deploy", "who may take the role changes")
	p.must("apply", "--yes")
	p.settled()
	p.must("destroy", "--yes", "--environment", "production", "--lift-protection")
	if got := p.audiences(); len(got) != 1 || len(p.roles()) != 0 {
		t.Errorf("after a destroy: %v, %v", got, p.roles())
	}
	if r := p.run("plan", "--destroy"); strings.Contains(r.out, "oidc-provider/github  ") {
		t.Errorf("a second destroy would take the provider: %s", r.out)
	}
	p.Violations(t)
}
