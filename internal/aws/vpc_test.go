package aws

import (
	"testing"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/engine/enginetest"
)

func TestVPC(t *testing.T) {
	step := func(names bool) enginetest.Step {
		return func(st *engine.Stack) {
			engine.Add(st, "main", VPC{CIDR: "10.0.0.0/16", DNSHostnames: names})
		}
	}
	conform(t, step(true), step(false))
}
