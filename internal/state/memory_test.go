package state_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/keyedin-app/keyedin-infra/internal/state"
	"github.com/keyedin-app/keyedin-infra/internal/state/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMemory(t *testing.T) {
	storetest.Run(t, func(*testing.T) storetest.Harness {
		m := state.NewMemory()
		return storetest.Harness{
			Open:   func() state.Store { return m.Open() },
			Pause:  func(s state.Store) { s.(*state.Memory).Kill() },
			Stored: m.Stored, Plant: m.Plant,
		}
	})
}
