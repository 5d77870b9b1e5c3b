package aws

import (
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// DeploymentGroup is a CodeDeploy deployment group for EC2: which servers an
// application is deployed to in place, how, and when it is rolled back.
type DeploymentGroup struct {
	// Name has 1 to 100 characters.
	Name        string                  `json:"name"`
	Application engine.Ref[Application] `json:"application"`
	// Role is the ARN of the role CodeDeploy works with.
	Role engine.Value[string] `json:"role"`
	// Groups are at most 10 Auto Scaling groups. What they launch gets the last
	// revision that succeeded.
	Groups engine.Set[engine.Ref[AutoScalingGroup]] `json:"auto-scaling-groups"`
	// TargetGroup is the NAME of the target group that a server is taken out of
	// while it is deployed to; "" is none.
	TargetGroup engine.Value[string] `json:"target-group,omitzero"`
	// TrafficControl takes a server out of its target group while it is deployed to.
	TrafficControl bool `json:"traffic-control"`
	// BlueGreen deploys to new servers instead. It is never wanted, and shows when
	// someone has switched it on.
	BlueGreen bool `json:"blue-green"`
	// Config is how many servers at once, such as CodeDeployDefault.OneAtATime.
	Config string `json:"config"`
	// RollbackOn are DEPLOYMENT_FAILURE, DEPLOYMENT_STOP_ON_ALARM (needs alarms) and
	// DEPLOYMENT_STOP_ON_REQUEST.
	RollbackOn engine.Set[string] `json:"rollback-on"`
	// Alarms are at most 10; one that goes off stops a deployment.
	Alarms engine.Set[engine.Ref[Alarm]] `json:"alarms"`
	// Triggers tell topics what happens; at most 10.
	Triggers engine.Set[Trigger] `json:"triggers"`
	// Outdated is UPDATE or IGNORE: what to do with servers that were launched
	// during a deployment, with the revision before.
	Outdated string `json:"outdated-instances"`
	// TerminationHook runs the ApplicationStop scripts before a server is taken away.
	TerminationHook bool `json:"termination-hook"`
}

// Trigger publishes a deployment group's events to a topic.
type Trigger struct {
	Name  string            `json:"name"`
	Topic engine.Ref[Topic] `json:"topic"`
	// Events are such as DeploymentFailure, DeploymentStop and DeploymentRollback.
	Events engine.Set[string] `json:"events"`
}

// Kind implements engine.Spec.
func (DeploymentGroup) Kind() string { return "codedeploy-deployment-group" }

// Fixed implements engine.Fixer.
func (DeploymentGroup) Fixed() []string { return []string{"name", "application"} }

// Timing implements engine.Timed: CodeDeploy takes minutes to believe in a new
// role.
func (DeploymentGroup) Timing() engine.Timing {
	return engine.Timing{Create: 15 * time.Second, Update: 5 * time.Second, Delete: 5 * time.Second, GiveUp: 5 * time.Minute}
}

// Effect implements engine.Affecting.
func (DeploymentGroup) Effect(changed engine.Fields) engine.Effect {
	switch {
	case changed.Has("triggers"):
		return engine.Effect{Text: "CodeDeploy announces the triggers by a mail to their topics"}
	case changed.Has("auto-scaling-groups"):
		return engine.Effect{Text: "servers of another group get the application with the next deployment, or when they are launched"}
	case changed.Has("traffic-control", "target-group"):
		return engine.Effect{Text: "how requests are kept away from a server that is deployed to changes with the next deployment"}
	}
	return engine.Effect{}
}

// nameOf is the physical name behind a reference to a kind whose id is its name.
func nameOf[K engine.Spec](scope engine.Scope, r engine.Ref[K]) string {
	if r.ID() != "" {
		return r.ID()
	}
	for _, k := range scope.Known {
		if k.Address == r.Address() {
			return k.Document.Name()
		}
	}
	return ""
}
