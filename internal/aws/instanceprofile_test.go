package aws

import (
	"testing"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/engine/enginetest"
)

func TestInstanceProfile(t *testing.T) {
	of := func(name string) enginetest.Step {
		return func(st *engine.Stack) {
			role := engine.Add(st, name, serverRole(st, name, "s3:GetObject"))
			engine.Add(st, "server", InstanceProfile{
				Name: st.Project + "-" + st.Environment + "-server", Path: RolePath(st.Environment), Role: role,
			})
		}
	}
	conform(t, of("server"), of("other"))
}
