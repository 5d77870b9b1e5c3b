package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// fleet is the address of the group whose instances serve the application,
// template of what they are made from.
const (
	fleet    = "auto-scaling-group/application"
	template = "launch-template/application"
)

// old notes how many running instances are, or will be, of an older template.
func (e *environment) old(p *engine.Plan) {
	o, ok := p.Live(fleet)
	if !ok {
		return
	}
	n, _ := o.Attrs["outdated"].(float64)
	for _, c := range p.Changes {
		if c.Address == template && c.Action == engine.Update && n == 0 {
			n, _ = o.Attrs["instances"].(float64)
		}
	}
	if n > 0 {
		p.Notes = append(p.Notes, engine.Note{Address: fleet, Text: fmt.Sprintf(
			"running instances of an older template, which stay until `keyedin apply --roll` replaces them: %.0f", n)})
	}
}

// outdated is the group's name, and how many of its instances run what an
// older template made.
func (e *environment) outdated(ctx context.Context) (group string, count int, err error) {
	world, err := e.engine.Observe(ctx, e.stack, e.last)
	if err != nil {
		return "", 0, e.explain(ctx, err)
	}
	o, ok := world.At(fleet)
	if !ok {
		return "", 0, nil
	}
	n, _ := o.Attrs["outdated"].(float64)
	return o.ID, int(n), nil
}

// roll replaces the instances that an older template made, one after the
// other, and watches it. Its end does not depend on this program.
func (e *environment) roll(ctx context.Context, asked bool) error {
	group, count, err := e.outdated(ctx)
	if err != nil || count == 0 {
		return err
	}
	if !asked {
		if !e.Asks {
			return nil // the plan has said how many there are
		}
		if e.ask(fmt.Sprintf("Replace the %d running instances of an older template now, one after the other?", count), "yes") != nil {
			return nil // they stay; nothing has failed
		}
	}
	if err := e.undeployed(ctx); err != nil {
		return err
	}
	r, err := e.clients.StartRefresh(ctx, group, "")
	if err != nil {
		return e.explain(ctx, err)
	}
	e.Say("Replacing %d instances, one after the other; a new one is healthy before an old one goes.", count)
	last := ""
	r, err = e.clients.WatchRefresh(ctx, group, r.ID, e.pause, func(now aws.Refresh) {
		if text := fmt.Sprintf("%s, %d %% done, %d left. %s", now.Status, now.Percent, now.Left, now.Reason); text != last {
			e.Say("  %s", text)
			last = text
		}
	})
	switch {
	case errors.Is(err, errStoppedWatching):
		return &exit{exitInterrupted, errors.New("no longer watching; AWS goes on replacing the instances. See how far it is with: keyedin status")}
	case err != nil:
		return e.explain(ctx, err)
	case !r.Succeeded():
		return fmt.Errorf("the instances were not all replaced: %s. %s\nThose that were not are untouched; look at the reason, then: keyedin apply --roll", r.Status, r.Reason)
	}
	e.Say("All instances run the current template.")
	return nil
}

var errStoppedWatching = errors.New("stopped watching")

// pause is the clock of what is watched outside of the engine.
func (e *environment) pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-e.app.stop.first:
		return errStoppedWatching
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
