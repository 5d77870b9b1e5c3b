package aws

import (
	"testing"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/engine/enginetest"
	"github.com/keyedin-app/keyedin-infra/internal/sandbox/bench"
	"github.com/keyedin-app/keyedin-infra/internal/sandbox/proxy"
)

// IAM takes its time: a role that was just made is unknown to the calls that
// follow, and of no use to CodeDeploy. They are tried again, and nothing is
// made twice.
func TestIAMIsSlow(t *testing.T) {
	t.Parallel()
	b := bench.Start(t)
	for _, operation := range []string{"iam:PutRolePolicy", "iam:AddRoleToInstanceProfile"} {
		b.Add(proxy.Rule{Operation: operation, Times: 2, Error: &proxy.Error{Code: "NoSuchEntity", Message: "not found", Status: 404}})
	}
	for operation, code := range map[string]string{
		"codedeploy:CreateDeploymentGroup": "InvalidRoleException", "codedeploy:UpdateDeploymentGroup": "InvalidTriggerConfigException",
	} {
		b.Add(proxy.Rule{Operation: operation, Times: 2, Error: &proxy.Error{Code: code, Message: "cannot be used"}})
	}
	deploy := func(events ...string) enginetest.Step {
		return func(st *engine.Stack) {
			name := st.Project + "-" + st.Environment
			role := engine.Add(st, "server", serverRole(st, "server", "s3:GetObject"))
			engine.Add(st, "server", InstanceProfile{Name: name, Path: RolePath(st.Environment), Role: role})
			topic := engine.Add(st, "alerts", Topic{Name: name})
			engine.Add(st, "app", DeploymentGroup{
				Name: "app", Application: engine.Add(st, "app", Application{Name: name, Platform: PlatformServer}), Role: RoleARN(role),
				Config: "CodeDeployDefault.OneAtATime", Outdated: "UPDATE", Triggers: engine.Set[Trigger]{{"failures", topic, events}},
			})
		}
	}
	enginetest.Conform(t, enginetest.Suite{
		Kinds: Kinds(NewClients(b.Config())), Classify: Classify,
		Mutations: func() int { return len(b.Record().Mutating()) },
	}, deploy("DeploymentFailure"), deploy("DeploymentFailure", "DeploymentStop"))
	if made := b.Record().Count()["iam:CreateRole"]; made != 3 {
		t.Errorf("CreateRole was called %d times; want one for each environment, and one that finds the role there", made)
	}
}
