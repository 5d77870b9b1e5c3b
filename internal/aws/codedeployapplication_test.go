package aws

import (
	"testing"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

func TestApplication(t *testing.T) {
	conform(t, func(st *engine.Stack) {
		engine.Add(st, "app", Application{Name: st.Project + "-" + st.Environment, Platform: PlatformServer})
	})
}
