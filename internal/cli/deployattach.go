package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/deploy"
	"github.com/keyedin-app/keyedin-infra/internal/state"
)

// runAttach follows the deployment under way, after ending it if that is asked.
func (a *app) runAttach(ctx context.Context, abort, yes bool) error {
	o, err := a.operate(ctx)
	if err != nil {
		return err
	}
	o.sayReading()
	d := &deployment{operation: o, site: o.site(), kind: deploy.KindDeploy, flags: deployFlags{yes: yes}}
	d.outcome = deploy.Outcome{Environment: o.config.Environment, Kind: d.kind, Started: time.Now().UTC()}
	return d.conclude(ctx, d.attach(ctx, abort))
}

func (d *deployment) attach(ctx context.Context, abort bool) error {
	d.ready = &deploy.Ready{}
	last, err := d.site.Newest(ctx)
	if err != nil {
		return err
	}
	if !last.Running() {
		if pending, err := d.site.Pending(ctx); err != nil || pending != nil {
			return d.attachBefore(ctx, pending, abort, err)
		}
	}
	switch {
	case last.ID == "":
		return fmt.Errorf("nothing was deployed to %s yet. Deploy a release with: %s", d.config.Environment, d.line("deploy VERSION"))
	case abort && !last.Running():
		return fmt.Errorf("no deployment is under way: the last, %s of %s, has %s. Go back with: %s",
			last.ID, last.Version, ended(last), d.line("rollback"))
	case abort && last.RollbackOf != "":
		return fmt.Errorf("%s. Ended half-way, it would leave two releases; follow it with: %s", last.Sentence(), d.line("deploy --attach"))
	}
	if abort && !d.flags.yes {
		if err := d.ask(fmt.Sprintf("Stop deployment %s of %s, and have AWS take it back?", last.ID, last.Version), "yes"); err != nil {
			return err
		}
	}
	d.version, d.outcome.Version, d.outcome.Previous = last.Version, last.Version, last.Before
	d.outcome.Deployment, d.outcome.By = last.ID, last.By
	return d.take(ctx, last, abort)
}

// take follows a deployment that another client has begun, and tidies up after
// that client if it is gone.
func (d *deployment) take(ctx context.Context, last deploy.Deployment, abort bool) error {
	var locked *state.LockedError
	err := d.lock(ctx, "deploy --attach")
	switch {
	case errors.As(err, &locked):
		d.Say("%s has it in hand; this only watches.", locked.Holder.Name())
	case err != nil:
		return err
	default:
		defer func() { d.release(ctx) }()
		ctx = d.held.Context()
	}
	defer d.app.stop.gracefully()()
	if abort {
		if err := d.site.Stop(ctx, last.ID); err != nil {
			return err
		}
		d.Say("Deployment %s is being stopped.", last.ID)
	} else if last.Running() {
		d.Say("%s.", last.Sentence())
	} else {
		d.Say("No deployment is under way. The last, %s of %s, has %s.", last.ID, last.Version, ended(last))
	}
	err = d.followAny(ctx, last, abort)
	if locked == nil {
		err = errors.Join(err, d.unguard(ctx, errors.Is(err, errStoppedWatching)))
	}
	return err
}

// followAny follows a deployment, or the one that takes another back.
func (d *deployment) followAny(ctx context.Context, last deploy.Deployment, stopped bool) error {
	if last.RollbackOf == "" {
		return d.follow(ctx, last.ID, stopped)
	}
	back, err := d.site.Look(ctx, last.RollbackOf)
	if err != nil {
		return err
	}
	d.version, d.outcome.Version, d.outcome.Deployment = back.Version, back.Version, back.ID
	return d.follow(ctx, back.ID, stopped)
}

func ended(d deploy.Deployment) string {
	switch {
	case d.RollbackOf != "" && d.Succeeded():
		return "taken back " + d.RollbackOf
	case d.Succeeded():
		return "succeeded"
	case d.Status == "Stopped":
		return "been stopped"
	}
	return "failed"
}

// attachBefore follows a command whose deployment has not begun.
func (d *deployment) attachBefore(ctx context.Context, pending *deploy.Record, abort bool, err error) error {
	if err != nil {
		return err
	}
	again := d.line(pending.Kind + " " + pending.Version)
	if abort {
		return fmt.Errorf("no deployment is under way: `%s` of %s, which runs before it, was begun on %s.\nIt cannot be stopped half-way; follow it, and deploy, with: %s",
			pending.Before.Command, pending.Version, pending.Before.Instance, again)
	}
	defer d.app.stop.gracefully()()
	record, ran, err := d.hear(ctx, *pending)
	if err != nil {
		return err
	}
	d.outcome.Version, d.outcome.Before = record.Version, record.Before
	if ran.Status == "" {
		return fmt.Errorf("the client of %s ended before `%s` had begun, and nothing was deployed.\nGo on with: %s", record.Version, record.Before.Command, again)
	}
	return fmt.Errorf("`%s` of %s has ended (%s), but its deployment was never begun.\nGo on with: %s", record.Before.Command, record.Version, ran.Status, again)
}
