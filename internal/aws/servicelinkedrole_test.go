package aws

import (
	"testing"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

func TestServiceLinkedRole(t *testing.T) {
	conform(t, func(st *engine.Stack) {
		engine.Add(st, "spot", ServiceLinkedRole{Service: SpotService})
	})
}
