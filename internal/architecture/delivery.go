package architecture

import (
	"github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// alerts is the topic that alarms and failed deployments write to; it sends
// mail to everyone in alerts.
func alerts(e environment) engine.Ref[aws.Topic] {
	e.Module("delivery")
	return engine.Add(e.Stack, "alerts", aws.Topic{
		Name: e.name("alerts"), Emails: e.config.Alerts,
		Publishers: engine.Set[string]{"cloudwatch.amazonaws.com", "codedeploy.amazonaws.com"},
	})
}

// delivery is how a release reaches the instances: one after the other, each
// taken out of the load balancer meanwhile, and all back to the release before
// when one fails or the application begins to.
func delivery(e environment, app engine.Ref[aws.AutoScalingGroup], lb balancerRefs, roles roleRefs, watch watchRefs, mail engine.Ref[aws.Topic]) {
	e.Module("delivery")
	application := engine.Add(e.Stack, "main", aws.Application{Name: e.name(), Platform: aws.PlatformServer})
	engine.Add(e.Stack, "main", aws.DeploymentGroup{
		Name: e.name(), Application: application, Role: aws.RoleARN(roles.deployer),
		Groups:      engine.Set[engine.Ref[aws.AutoScalingGroup]]{app},
		TargetGroup: engine.Known(lb.targetName), TrafficControl: true,
		Config:     "CodeDeployDefault.OneAtATime",
		RollbackOn: engine.Set[string]{"DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"},
		Alarms:     engine.Set[engine.Ref[aws.Alarm]]{watch.errors},
		Triggers: engine.Set[aws.Trigger]{{
			Name: "failure", Topic: mail, Events: engine.Set[string]{"DeploymentFailure", "DeploymentRollback", "DeploymentStop"},
		}},
		// Instances launched during a deployment get the old release; bring them up.
		Outdated: "UPDATE",
	})
}
