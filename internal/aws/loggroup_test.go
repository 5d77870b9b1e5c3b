package aws

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/engine/enginetest"
)

func TestLogGroup(t *testing.T) {
	keep := func(days int) enginetest.Step {
		return func(st *engine.Stack) {
			engine.Add(st, "app", LogGroup{Name: "/" + st.Project + "/" + st.Environment + "/app", Days: days})
			engine.Add(st, "error", LogGroup{Name: "/aws/rds/cluster/" + st.Project + "-" + st.Environment + "/error", Days: 7})
		}
	}
	conform(t, keep(30), keep(0), keep(3653))
}

func TestLogPrefixes(t *testing.T) {
	got := logPrefixes("keyedin", "production", []string{
		"/keyedin/production/app", "/keyedin/production/nginx", "/aws/rds/cluster/keyedin-production/error",
		"/aws/rds/cluster/keyedin-production/audit", "/aws/codebuild/production", "plain",
	})
	want := []string{"/aws/codebuild/production", "/aws/rds/cluster/keyedin-production/", "/keyedin/production/", "plain"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
