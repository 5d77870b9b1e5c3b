package aws

import (
	"testing"

	"github.com/keyedin-app/keyedin-infra/internal/engine/enginetest"
	"github.com/keyedin-app/keyedin-infra/internal/sandbox/bench"
)

// conform holds the kinds that the steps are made of to the contract of
// drivers, in an account of the test's own. Names must be made from the
// stack's environment.
func conform(t *testing.T, steps ...enginetest.Step) {
	t.Helper()
	t.Parallel()
	b := bench.Start(t)
	clients := NewClients(b.Config())
	clients.Delegation = nil // no test asks the public DNS
	enginetest.Conform(t, enginetest.Suite{
		Kinds: Kinds(clients), Classify: Classify,
		Mutations: func() int { return len(b.Record().Mutating()) },
	}, steps...)
}
