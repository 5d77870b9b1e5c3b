package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/deploy"
	"github.com/keyedin-app/keyedin-infra/internal/messages"
	"github.com/keyedin-app/keyedin-infra/internal/state"
)

// conclude says what came of a deployment, to people and programs, and chooses
// how the command ends.
func (d *deployment) conclude(ctx context.Context, err error) error {
	out := &d.outcome
	out.Ended = time.Now().UTC()
	end := d.ending(ctx, err)
	if end != nil {
		out.Error, out.Code = end.Error(), end.code
	}
	if out.Status == "" {
		out.Status = d.status(err)
	}
	if (beforeFailed(err) || out.Deployment != "") && out.Status != deploy.Interrupted {
		d.deployed(ctx, *out)
	}
	if d.JSON {
		if err := d.Object(out); err != nil {
			return err
		}
		if end != nil {
			d.Fail(end)
			return &exit{code: end.code}
		}
		return nil
	}
	if end != nil {
		return end
	}
	d.tell()
	return nil
}

// ending is the error that the command ends with, in words that help.
func (d *deployment) ending(ctx context.Context, err error) *exit {
	if err == nil {
		return nil
	}
	switch lost := d.held != nil && errors.Is(context.Cause(d.held.Context()), state.ErrLockLost); {
	case lost:
		err = fmt.Errorf("the lock was lost, so this stopped watching; AWS goes on with what it has begun. See how it ends with: %s", d.line("deploy --attach"))
	case d.app.stop.asked() && !isExit(err):
		err = errInterrupted
	}
	if failed, ok := errors.AsType[*deploy.BeforeFailed](err); ok {
		err = fmt.Errorf("%w.\nNothing was deployed: %s. Mend the cause, then type the command again; or leave it out with: %s",
			failed, runsStill(d.ready.Current), d.line("deploy "+d.version+" --no-before"))
	}
	err = d.explain(ctx, err)
	if with, ok := errors.AsType[*exit](err); ok {
		return with
	}
	code := exitFailed
	if d.app.stop.asked() {
		code = exitInterrupted
	}
	return &exit{code, err}
}

func isExit(err error) bool {
	_, ok := errors.AsType[*exit](err)
	return ok
}

func beforeFailed(err error) bool {
	_, ok := errors.AsType[*deploy.BeforeFailed](err)
	return ok
}

func runsStill(version string) string {
	if version == "" {
		return "nothing runs yet"
	}
	return version + " runs as before"
}

// status is the word for how it ended.
func (d *deployment) status(err error) string {
	failed, isFailed := errors.AsType[*deployFailed](err)
	switch {
	case err == nil:
		return deploy.Done
	case isFailed && failed.rollback.Succeeded():
		return deploy.TakenBack
	case d.app.stop.asked():
		return deploy.Interrupted
	case d.outcome.Deployment == "" && !beforeFailed(err):
		return deploy.Refused
	}
	return deploy.Failed
}

// tell says to people that all went well, and how to go back.
func (d *deployment) tell() {
	out := d.outcome
	if out.Status == deploy.Unchanged {
		d.Print("%s runs on %s already; nothing to do.", out.Version, count(len(out.Instances), "instance"))
		return
	}
	d.Print("%s runs on %s, after %s.", out.Version, count(len(out.Instances), "instance"), out.Ended.Sub(out.Started).Round(time.Second))
	if out.Previous != "" && out.Previous != out.Version {
		again := "rollback"
		if out.Kind == deploy.KindRollback { // which goes further back
			again = "deploy " + out.Previous
		}
		d.Say("Back to %s with: %s", out.Previous, d.line(again))
	}
}

// deployed is told of each deployment that has ended, once, and of each that its
// command before has kept from beginning.
func (d *deployment) deployed(ctx context.Context, out deploy.Outcome) {
	d.announce(ctx, messages.Deploy, d.rolledOut(out))
}
