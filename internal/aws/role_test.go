package aws

import (
	"testing"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/engine/enginetest"
)

// serverRole is the role of a server, which may do the actions.
func serverRole(st *engine.Stack, name string, actions ...string) Role {
	return Role{
		Name: st.Project + "-" + st.Environment + "-" + name, Path: RolePath(st.Environment), Trust: "ec2.amazonaws.com",
		Policy: Policy{Statements: engine.Set[Statement]{
			Allow(actions, engine.Known("arn:aws:s3:::example/*"), engine.Known("arn:aws:s3:::example")),
			{
				SID: "Registry", Actions: engine.Set[string]{"ecr:GetAuthorizationToken"}, Resources: engine.Set[engine.Value[string]]{Any()},
				When: engine.Set[Condition]{{"StringEquals", "aws:RequestedRegion", engine.Set[engine.Value[string]]{engine.Known("us-east-1")}}},
			},
		}},
	}
}

func TestRole(t *testing.T) {
	add := func(edit func(*Role)) enginetest.Step {
		return func(st *engine.Stack) {
			r := serverRole(st, "server", "s3:GetObject", "s3:ListBucket")
			edit(&r)
			role := engine.Add(st, "server", r)
			engine.Add(st, "reader", Role{
				Name: st.Project + "-" + st.Environment + "-reader", Path: r.Path, Trust: "codedeploy.amazonaws.com",
				// A policy may name a role that does not exist when the plan is made.
				Policy: Policy{Statements: engine.Set[Statement]{Allow([]string{"iam:GetRole"}, RoleARN(role))}},
			})
		}
	}
	conform(t,
		add(func(*Role) {}),
		add(func(r *Role) { r.Policy.Statements[0].Actions = engine.Set[string]{"s3:PutObject"} }),
		add(func(r *Role) { r.Policy.Statements[0].Deny = true }),
		add(func(r *Role) { r.Trust = "ecs-tasks.amazonaws.com" }),
		add(func(r *Role) { r.Boundary = "arn:aws:iam::aws:policy/PowerUserAccess" }),
		add(func(r *Role) { r.Policy = Policy{} }),
	)
}
