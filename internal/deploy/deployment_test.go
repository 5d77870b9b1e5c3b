package deploy

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"pgregory.net/rapid"
)

// What a deployment is described with is read back, whoever made it.
func TestDescription(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]string{KindDeploy, KindRollback}).Draw(t, "kind")
		version := rapid.StringMatching(`[A-Za-z0-9][A-Za-z0-9._-]{0,62}`).Draw(t, "version")
		by := rapid.StringMatching(`[ -~]{0,40}`).Draw(t, "by")
		token := rapid.StringMatching(`[0-9a-f]{32}`).Draw(t, "token")
		d := parse(&types.DeploymentInfo{
			Description: aws.String(describe(kind, version, by, token)), Creator: types.DeploymentCreatorUser,
		})
		if d.Kind != kind || d.By != by || d.token != token {
			t.Fatalf("read back as %+v", d)
		}
	})
}

func TestParseDeployment(t *testing.T) {
	t.Parallel()
	rollback := &types.AutoRollbackConfiguration{Enabled: true, Events: []types.AutoRollbackEvent{types.AutoRollbackEventDeploymentFailure}}
	failed := parse(&types.DeploymentInfo{Status: types.DeploymentStatusFailed, AutoRollbackConfiguration: rollback, Creator: types.DeploymentCreatorUser, Description: aws.String("by hand")})
	stopped := parse(&types.DeploymentInfo{Status: types.DeploymentStatusStopped, AutoRollbackConfiguration: rollback})
	if !failed.takesBack || stopped.takesBack || failed.Kind != "" {
		t.Errorf("a failed one is taken back and a stopped one is not: %+v, %+v", failed, stopped)
	}
	// AWS copies the description of what it takes back.
	if d := parse(&types.DeploymentInfo{Creator: types.DeploymentCreatorCodeDeployRollback, Description: aws.String(describe("deploy", "1", "me", "t"))}); d.token != "" {
		t.Error("what AWS began is taken for ours")
	}
}

func TestVersionOf(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"releases/1.4.0/bundle.zip": "1.4.0", "bundle.zip": "", "releases/1/other.zip": "", "a/b/c/bundle.zip": "c",
	} {
		if got := VersionOf(&types.RevisionLocation{S3Location: &types.S3Location{Key: aws.String(key)}}); got != want {
			t.Errorf("%s is of %q, not %q", key, got, want)
		}
	}
	if VersionOf(nil) != "" || VersionOf(&types.RevisionLocation{}) != "" {
		t.Error("no revision is of a release")
	}
}

// Each code that AWS may give for a server has words, or says it itself.
func TestWords(t *testing.T) {
	t.Parallel()
	elsewhere := map[types.ErrorCode]bool{ // of Lambda, ECS, CloudFormation, GitHub and blue/green
		types.ErrorCodeHookExecutionFailure: true, types.ErrorCodeInvalidEcsService: true, types.ErrorCodeEcsUpdateError: true,
		types.ErrorCodeInvalidLambdaConfiguration: true, types.ErrorCodeInvalidLambdaFunction: true,
		types.ErrorCodeCloudformationStackFailure: true, types.ErrorCodeMissingGithubToken: true,
		types.ErrorCodeMissingBlueGreenDeploymentConfiguration: true, types.ErrorCodeNoEc2Subscription: true,
		types.ErrorCodeResourceLimitExceeded: true, types.ErrorCodeCustomerApplicationUnhealthy: true,
		types.ErrorCodeCodedeployResourceCannotBeFound: true, types.ErrorCodeAutoscalingValidationError: true, types.ErrorCodeMissingElbInformation: true,
	}
	for _, code := range types.ErrorCode("").Values() {
		if Words(string(code)) == "" && !elsewhere[code] {
			t.Errorf("%s has no words", code)
		}
	}
	if ScriptWords("ScriptFailed") == "ScriptFailed" {
		t.Error("a script that fails has no words")
	}
}

func TestLastLines(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`([a-z]{0,3}\n){0,50}`).Draw(t, "text")
		if got := lastLines(text, shown); len(got) > shown {
			t.Fatalf("%d lines", len(got))
		}
	})
}
