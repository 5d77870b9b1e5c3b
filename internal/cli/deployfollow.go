package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/deploy"
	"github.com/keyedin-app/keyedin-infra/internal/ui"
)

// follow watches a deployment, and what takes it back, to the end, and looks
// what runs then. stopped is whether it was asked to stop.
func (d *deployment) follow(ctx context.Context, id string, stopped bool) error {
	last, err := d.watch(ctx, id)
	if err != nil {
		return d.left(err)
	}
	if last.Succeeded() {
		// One at a time, the last instance may fail and the deployment succeed.
		// https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html
		d.blame(last)
		return d.settle(ctx, last.Version)
	}
	d.failed(last)
	failure := &deployFailed{look: last}
	if failure.rollback.ID, err = d.site.TakenBack(ctx, last.Deployment, stopped); err != nil {
		return d.left(err)
	}
	if failure.rollback.ID == "" {
		return errors.Join(failure, d.see(ctx))
	}
	d.outcome.Rollback = failure.rollback.ID
	d.Say("AWS takes it back with deployment %s.", failure.rollback.ID)
	if failure.rollback, err = d.watch(ctx, failure.rollback.ID); err != nil {
		return d.left(err)
	}
	if !failure.rollback.Succeeded() {
		d.failed(failure.rollback)
		return errors.Join(failure, d.see(ctx))
	}
	failure.settled = d.settle(ctx, failure.rollback.Version)
	return failure
}

// left is what a person who stops watching should know.
func (d *deployment) left(err error) error {
	if errors.Is(err, errStoppedWatching) {
		return &exit{exitInterrupted, fmt.Errorf("%w; AWS goes on with the deployment.\nFollow it again with: %s\nEnd it with: %s",
			err, d.line("deploy --attach"), d.line("deploy --abort"))}
	}
	return err
}

// watch shows a deployment as it goes on.
func (d *deployment) watch(ctx context.Context, id string) (deploy.Look, error) {
	rollout := ui.NewRollout(d.Streams)
	defer rollout.Close()
	shown, seen := map[string]bool{}, false
	return d.site.Watch(ctx, id, func(now deploy.Look) {
		if !seen && !now.Running() {
			return // it is over; how it went on is of no interest any more
		}
		seen = true
		for _, t := range now.Targets {
			show(rollout, t, shown)
		}
	})
}

// show tells what is new on an instance.
func show(rollout *ui.Rollout, t deploy.Target, shown map[string]bool) {
	for _, e := range t.Events {
		switch key := t.ID + e.Name; e.Status {
		case "InProgress":
			rollout.Begin(t.ID, e.Name, e.Started, deploy.Usual(e.Name))
		case "Succeeded", "Failed":
			if !shown[key] {
				shown[key] = true
				rollout.End(t.ID, e.Name, e.Status == "Succeeded", e.Ended.Sub(e.Started))
			}
		}
	}
	if !slices.Contains([]string{"Pending", "InProgress"}, t.Status) {
		rollout.Gone(t.ID)
	}
}

// failed says what a deployment failed of.
func (d *deployment) failed(l deploy.Look) {
	text := strings.ToLower(l.Status)
	if words := deploy.Words(l.Code); words != "" {
		text += ": " + words
	} else if l.Code != "" {
		text += ": " + l.Code
	}
	d.Say("Deployment %s of %s %s.", l.ID, l.Version, strings.TrimSuffix(text, "."))
	if l.Reason != "" {
		d.Say("AWS says: %s", l.Reason)
	}
	d.blame(l)
}

// blame says on which instances a deployment failed, at which step, and what its
// script wrote last.
func (d *deployment) blame(l deploy.Look) {
	for _, t := range l.Targets {
		e := t.Failed()
		if e == nil {
			continue
		}
		if d.outcome.Failures == nil {
			d.outcome.Failures = map[string]deploy.Event{}
		}
		d.outcome.Failures[t.ID] = *e
		what := e.Name
		if e.Script != "" {
			what += " (" + e.Script + ")"
		}
		d.Say("%s failed at %s: %s. %s", t.ID, what, deploy.ScriptWords(e.Code), e.Message)
		d.Quoted(strings.Join(e.Log, "\n"))
	}
}

// settle waits until AWS has brought up the instances that were launched
// meanwhile too, and looks what each runs.
func (d *deployment) settle(ctx context.Context, version string) error {
	for range settling {
		if err := d.see(ctx); err != nil {
			return err
		}
		under, err := d.site.UnderWay(ctx)
		if err != nil {
			return err
		}
		others := d.outcome.Others(version)
		switch {
		case len(under) > 0:
			d.Say("Instances that were launched meanwhile get %s with deployment %s.", under[0].Version, under[0].ID)
			if _, err := d.watch(ctx, under[0].ID); err != nil {
				return d.left(err)
			}
			continue
		case len(others) == 0:
			return nil
		}
		if err := d.pause(ctx, time.Second); err != nil {
			return d.left(err)
		}
	}
	if others := d.outcome.Others(version); len(others) > 0 {
		return fmt.Errorf("%s still runs something else than %s.\nBring it up with: %s",
			strings.Join(others, ", "), version, d.line("deploy "+version+" --force"))
	}
	return nil
}

// settling is how often is looked for what AWS begins for instances that were
// launched meanwhile.
const settling = 12

// see fills in what each instance in service runs now.
func (d *deployment) see(ctx context.Context) error {
	f, err := d.site.Fleet(ctx)
	if err != nil {
		return err
	}
	d.outcome.Instances, err = d.site.Runs(ctx, f.InService())
	return err
}

// deployFailed is a deployment that did not reach all instances.
type deployFailed struct {
	look     deploy.Look
	rollback deploy.Look // the zero one where AWS has begun none
	settled  error
}

func (e *deployFailed) Error() string {
	text := fmt.Sprintf("%s was not deployed: deployment %s %s", e.look.Version, e.look.ID, strings.ToLower(e.look.Status))
	switch {
	case e.rollback.ID == "" && e.look.RollbackWhy != "":
		text += ". It was not taken back: " + e.look.RollbackWhy
	case e.rollback.ID == "":
		text += ", and AWS has taken nothing back: there is no release to go back to"
	case !e.rollback.Succeeded():
		text += fmt.Sprintf(". Taking it back has failed too: deployment %s, %s", e.rollback.ID, strings.ToLower(e.rollback.Status))
	default:
		text += ". " + e.rollback.Version + " runs again"
	}
	if e.settled != nil {
		text += ".\n" + e.settled.Error()
	}
	return text
}

// Unwrap returns why not every instance runs what it should.
func (e *deployFailed) Unwrap() error { return e.settled }
