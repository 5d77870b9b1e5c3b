package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/state"
	"github.com/keyedin-app/keyedin-infra/internal/ui"
)

// conclude says what came of an apply, and chooses how the command ends.
func (e *environment) conclude(ctx context.Context, p *engine.Plan, out engine.Outcome, took time.Duration) error {
	// Together, so that what they have in common is said once.
	failures := ui.Failures(e.explain(ctx, out.Err))
	if e.JSON {
		if err := e.Object(ui.NewOutcomeObject(e.place(), p, out, failures)); err != nil {
			return err
		}
	} else {
		e.Outcome(out, took)
	}
	cause := context.Cause(ctx)
	lost := errors.Is(cause, state.ErrLockLost)
	switch {
	case lost:
		return &exit{exitFailed, errors.New("the lock was lost, so the work was stopped. What was done is in AWS and will be found: type the command again")}
	case errors.Is(cause, state.ErrStale):
		return &exit{exitFailed, fmt.Errorf("%w, so the work was stopped. What was done is in AWS and will be found", cause)}
	case out.Stopped:
		return &exit{exitInterrupted, errors.New("interrupted. What was done is recorded; the same command goes on from there")}
	case len(failures) > 0:
		return &exit{exitFailed, ui.Join(failures)}
	case len(out.Waiting) > 0:
		return &exit{code: exitPerson}
	}
	return nil
}
