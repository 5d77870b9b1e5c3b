package aws

import (
	"testing"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/engine/enginetest"
	"github.com/keyedin-app/keyedin-infra/internal/sandbox/bench"
	"github.com/keyedin-app/keyedin-infra/internal/sandbox/proxy"
)

// IAM takes its time: a role that was just made is unknown to the calls that
// follow, which are tried again, and nothing is made twice.
func TestIAMIsSlow(t *testing.T) {
	t.Parallel()
	b := bench.Start(t)
	for _, operation := range []string{"iam:PutRolePolicy", "iam:AddRoleToInstanceProfile"} {
		b.Add(proxy.Rule{Operation: operation, Times: 2, Error: &proxy.Error{Code: "NoSuchEntity", Message: "not found", Status: 404}})
	}
	enginetest.Conform(t, enginetest.Suite{
		Kinds: Kinds(NewClients(b.Config())), Classify: Classify,
		Mutations: func() int { return len(b.Record().Mutating()) },
	}, func(st *engine.Stack) {
		role := engine.Add(st, "server", serverRole(st, "server", "s3:GetObject"))
		engine.Add(st, "server", InstanceProfile{Name: st.Project + "-" + st.Environment, Path: RolePath(st.Environment), Role: role})
	})
	if made := b.Record().Count()["iam:CreateRole"]; made != 3 {
		t.Errorf("CreateRole was called %d times; want one for each environment, and one that finds the role there", made)
	}
}
