package deploy

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// Words says what an error code of a deployment means, and what to do; "" for
// one that says it itself.
// https://docs.aws.amazon.com/codedeploy/latest/userguide/error-codes.html
func Words(code string) string {
	return map[types.ErrorCode]string{
		types.ErrorCodeAgentIssue: "the CodeDeploy agent of an instance does not answer: it is not running, or cannot reach AWS. " +
			"Replace the instance: aws autoscaling terminate-instance-in-auto-scaling-group --no-should-decrement-desired-capacity --instance-id ID",
		types.ErrorCodeAlarmActive:              "an alarm of the deployment group went off, so the release was not let any further; `keyedin status` shows it",
		types.ErrorCodeApplicationMissing:       "the CodeDeploy application was deleted; `keyedin apply` makes it",
		types.ErrorCodeDeploymentGroupMissing:   "the deployment group was deleted; `keyedin apply` makes it",
		types.ErrorCodeAutoScalingConfiguration: "CodeDeploy cannot use the Auto Scaling group; `keyedin apply` sets both right",
		types.ErrorCodeAutoScalingIamRolePermissions: "CodeDeploy's role may not change the Auto Scaling group; " +
			"`keyedin apply` sets its policy right",
		types.ErrorCodeElasticLoadBalancingInvalid: "the target group cannot be used; `keyedin apply` sets it right",
		types.ErrorCodeElbInvalidInstance:          "an instance cannot be registered with the target group",
		types.ErrorCodeHealthConstraints:           "it failed on so many instances that too few would have been left",
		types.ErrorCodeHealthConstraintsInvalid:    "there are too few healthy instances to begin with",
		types.ErrorCodeIamRoleMissing:              "CodeDeploy's role is gone; `keyedin apply` makes it",
		types.ErrorCodeIamRolePermissions:          "CodeDeploy's role may not do what a deployment takes; `keyedin apply` sets its policy right",
		types.ErrorCodeInternalError:               "AWS has an error of its own; try again",
		types.ErrorCodeInvalidRevision:             "the archive of the release has no valid appspec.yml",
		types.ErrorCodeManualStop:                  "it was stopped by a person",
		types.ErrorCodeNoInstances:                 "the group has no instance; `keyedin status` shows why",
		types.ErrorCodeOverMaxInstances:            "the group has more instances than CodeDeploy deploys to at once",
		types.ErrorCodeRevisionMissing:             "the archive of the release is gone from the bucket; make the release again under another version",
		types.ErrorCodeThrottled:                   "AWS was asked too much at once; try again in some minutes",
		types.ErrorCodeTimeout:                     "it took longer than CodeDeploy waits",
	}[types.ErrorCode(code)]
}

// ScriptWords says what the error code of a hook means.
// https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_Diagnostics.html
func ScriptWords(code string) string {
	if text := map[types.LifecycleErrorCode]string{
		types.LifecycleErrorCodeScriptFailed:        "it ended with an error",
		types.LifecycleErrorCodeScriptMissing:       "it is not in the archive of the release",
		types.LifecycleErrorCodeScriptNotExecutable: "it cannot be run",
		types.LifecycleErrorCodeScriptTimedOut:      "it did not end in the time that appspec.yml gives it",
		types.LifecycleErrorCodeUnknownError:        "it was not run",
	}[types.LifecycleErrorCode(code)]; text != "" {
		return text
	}
	return code
}

// Usual is how long a step takes as a rule; 0 where that is up to the release.
// A target group waits for requests under way to end before it lets an instance
// go, and for two health checks before it sends it any.
// https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html
func Usual(event string) time.Duration {
	switch event {
	case "BlockTraffic":
		return time.Minute
	case "AllowTraffic":
		return 45 * time.Second
	}
	return 0
}
