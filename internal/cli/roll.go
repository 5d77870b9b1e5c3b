package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/architecture"
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
	if t, there := p.Live(template); there && e.facts.ImageIsBaked && e.config.App.Image == "" && t.Document.Text("image") != e.facts.Image {
		p.Notes = append(p.Notes, engine.Note{Address: template, Text: "takes the newest good image, " + e.facts.Image + "; see `keyedin image list`"})
	}
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

// roll replaces the instances that an older template made, one after the
// other, and watches it. Its end does not depend on this program.
func (e *environment) roll(ctx context.Context, asked bool) error {
	f, err := e.clients.Fleet(ctx, architecture.NamesOf(e.config).Group)
	if none := (*aws.NoGroup)(nil); errors.As(err, &none) {
		return nil
	}
	if err != nil || f.Old() == 0 {
		return e.explain(ctx, err)
	}
	if !asked {
		if !e.Asks {
			return nil // the plan has said how many there are
		}
		if e.ask(fmt.Sprintf("Replace the %d running instances of an older template now, one after the other?", f.Old()), "yes") != nil {
			return nil // they stay; nothing has failed
		}
	}
	if err := e.undeployed(ctx); err != nil {
		return err
	}
	r, back, err := e.clients.Renew(ctx, f)
	if err != nil {
		return e.explain(ctx, err)
	}
	e.Say("Replacing %d instances, one after the other; a new one is healthy before an old one goes.", f.Old())
	if back != "" {
		e.Say("If that fails, AWS goes back to version %s of the template, which runs now.", back)
	}
	return e.watchRefresh(ctx, f.Group, r.ID)
}

// watchRefresh follows a refresh to its end, and makes sure of it.
func (e *environment) watchRefresh(ctx context.Context, group, id string) error {
	last := ""
	r, err := e.clients.WatchRefresh(ctx, group, id, e.pause, func(now aws.Refresh) {
		if text := strings.TrimSpace(fmt.Sprintf("%s, %d %% done, %d left. %s", now.Status, now.Percent, now.Left, now.Reason)); text != last {
			e.Say("  %s", text)
			last = text
		}
	})
	switch {
	case errors.Is(err, errStoppedWatching):
		return &exit{exitInterrupted, fmt.Errorf("no longer watching; AWS goes on replacing the instances. Watch it again with: %s", e.line("apply --roll"))}
	case err != nil:
		return e.explain(ctx, err)
	case r.RolledBack():
		return fmt.Errorf("the new instances failed, and AWS has gone back to what ran before: %s\n"+
			"The group makes instances of that until the next apply. Look at the reason; the image that ran before is an\n"+
			"app.image of the config away: %s", r.Reason, e.line("image list"))
	case !r.Succeeded():
		return fmt.Errorf("the instances were not all replaced: %s. %s\nThose that were not are untouched; look at the reason, then: %s", r.Status, r.Reason, e.line("apply --roll"))
	}
	// A refresh can succeed and leave instances that it was not to touch.
	f, err := e.clients.Fleet(ctx, group)
	if err != nil {
		return e.explain(ctx, err)
	}
	if f.Old() > 0 {
		return fmt.Errorf("AWS calls the replacing successful, but %d instances still run another template than version %s: they are protected from scale-in or in standby.\n"+
			"Look at them in the EC2 console, then: %s", f.Old(), f.Version, e.line("apply --roll"))
	}
	e.Say("All instances run the current template.")
	return nil
}

// planSettled plans once no instances are being replaced that the plan would
// interfere with.
func (e *environment) planSettled(ctx context.Context, roll bool) (*engine.Plan, error) {
	p, err := e.plan(e.held.Context(), false)
	if err != nil {
		return nil, err
	}
	again, err := e.beingReplaced(ctx, p, roll)
	if err != nil || !again {
		return p, err
	}
	return e.plan(e.held.Context(), false)
}

// beingReplaced keeps an apply from changing what the group is set to while its
// instances are replaced: AWS goes back to that when it fails. One that is asked
// to roll watches it to its end, and has to plan again.
func (e *environment) beingReplaced(ctx context.Context, p *engine.Plan, roll bool) (again bool, err error) {
	i := slices.IndexFunc(p.Changes, func(c engine.Change) bool { return c.Address == fleet && c.Action == engine.Update })
	if i < 0 || !slices.ContainsFunc(p.Changes[i].Fields, func(f engine.FieldChange) bool { return f.Field == "version" }) {
		return false, nil
	}
	r, err := e.clients.RefreshStatus(ctx, p.Changes[i].ID, "")
	if err != nil || !r.Running() {
		return false, e.explain(ctx, err)
	}
	if !roll {
		return false, fmt.Errorf("the instances are being replaced (%s, %d %% done), and a change now would take away what AWS goes back to if that fails.\n"+
			"Wait for it, or watch it with: %s", r.Status, r.Percent, e.line("apply --roll"))
	}
	e.Say("The instances are being replaced already; going on once that has ended.")
	return true, e.watchRefresh(ctx, p.Changes[i].ID, r.ID)
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
