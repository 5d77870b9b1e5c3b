package architecture

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/config"
)

// withCI is the launch environment with a repository that may deploy to it.
func withCI(repository string, messages ...string) declared {
	return build(func(c *config.Config) { c.CI.GitHub, c.Messages = repository, messages })
}

// granted are a role's actions with the resources of each, references left out.
func granted(d declared, role string) map[string][]string {
	all := map[string][]string{}
	for _, s := range get(d.at("role/"+role), "policy.statements").([]any) {
		statement := s.(map[string]any)
		for _, action := range statement["actions"].([]any) {
			for _, resource := range statement["resources"].([]any) {
				arn, _ := resource.(string)
				all[action.(string)] = append(all[action.(string)], arn)
			}
		}
	}
	return all
}

// called are the actions that some call of keyedin takes.
func called() map[string]bool {
	all := map[string]bool{}
	for _, o := range aws.Operations() {
		for _, action := range o.Actions {
			all[action] = true
		}
	}
	return all
}

// pushing is what the registry wants of whoever pushes with a token.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
var pushing = []string{
	"ecr:BatchCheckLayerAvailability", "ecr:CompleteLayerUpload", "ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart",
}

// What a pull request may run sees no secret and changes nothing.
func TestPlanRoleOnlyReads(t *testing.T) {
	known := called()
	reads := regexp.MustCompile(`^[a-z0-9]+:(Describe|Get|List)[A-Za-z]+$`)
	secrets := regexp.MustCompile(`^(secretsmanager|kms|sts):|ssm:GetParameter(History|sByPath)?$|GetAuthorizationToken|GetPasswordData|GetConsoleOutput|^logs:(Get|Filter)`)
	for action, resources := range granted(withCI("keyedin-app/shop", "apply", "deploy"), planRole) {
		if !known[action] || !reads.MatchString(action) || secrets.MatchString(action) {
			t.Errorf("a plan may %s", action)
		}
		switch action {
		case "ssm:GetParameters":
			if !slices.Equal(resources, []string{"arn:aws:ssm:us-east-1::parameter/aws/service/*"}) {
				t.Errorf("a plan may read the parameters %v", resources)
			}
		case "s3:GetObject":
			if len(resources) != 1 {
				t.Errorf("a plan may read the objects %v", resources)
			}
		}
	}
}

// What deploys changes neither permissions nor infrastructure, and reads the
// application's secrets by no way of its own.
func TestDeployRoleIsNarrow(t *testing.T) {
	never := regexp.MustCompile(`^(iam|ec2|rds|secretsmanager|kms|route53|acm|cloudformation):|Delete(?:Bucket|Repository)|UpdateDeploymentGroup|ssm:(PutParameter|GetParameters?|GetParameterHistory)$`)
	quiet, talks := granted(withCI("keyedin-app/shop"), deployRole), granted(withCI("keyedin-app/shop", "deploy"), deployRole)
	for action := range talks {
		if never.MatchString(action) || !called()[action] && !slices.Contains(pushing, action) {
			t.Errorf("a deployment may %s", action)
		}
	}
	var more []string
	for action := range talks {
		if quiet[action] == nil {
			more = append(more, action)
		}
	}
	slices.Sort(more)
	if diff := cmp.Diff([]string{"sns:Publish", "ssm:GetParametersByPath"}, more); diff != "" {
		t.Errorf("messages take more than they should: %s", diff)
	}
}

// The application's machines see no address of a webhook, however the project
// and the environment are called.
func TestWebhooksAreOutOfSight(t *testing.T) {
	d, n := withCI("keyedin-app/shop", "deploy"), NamesOf(config.Default())
	for action, resources := range granted(d, "instance") {
		for _, pattern := range resources {
			// IAM's * runs over slashes.
			matches, err := path.Match(strings.ReplaceAll(pattern, "/", "|"), strings.ReplaceAll("arn:aws:ssm:us-east-1:123456789012:parameter"+n.Webhooks+"/team", "/", "|"))
			if err != nil || matches && pattern != "*" {
				t.Errorf("an instance may %s on %s, which holds webhooks (%v)", action, pattern, err)
			}
		}
	}
	// A project is a word, of which only letters, digits and hyphens are part.
	if first := strings.Split(n.Webhooks, "/")[1]; !strings.Contains(first, ".") {
		t.Errorf("a project may be called %s", first)
	}
}

// Who may take the roles: pull requests of the repository, and jobs of the
// environment, under both of the names that GitHub gives a repository.
func TestWhoMayTakeTheRoles(t *testing.T) {
	for repository, want := range map[string]map[string][]any{
		"keyedin-app/shop": {
			planRole:   {"repo:keyedin-app/shop:pull_request", "repo:keyedin-app@*/shop@*:pull_request"},
			deployRole: {"repo:keyedin-app/shop:environment:production", "repo:keyedin-app@*/shop@*:environment:production"},
		},
		"keyedin-app@12/shop@34": {
			planRole: {"repo:keyedin-app@12/shop@34:pull_request"}, deployRole: {"repo:keyedin-app@12/shop@34:environment:production"},
		},
	} {
		for role, subjects := range want {
			if diff := cmp.Diff(any(subjects), get(withCI(repository).at("role/"+role), "web.subjects")); diff != "" {
				t.Errorf("%s, %s: %s", repository, role, diff)
			}
		}
	}
	if n := len(withCI("").of("oidc-provider")); n != 0 {
		t.Errorf("%d providers that nobody asked for", n)
	}
}
