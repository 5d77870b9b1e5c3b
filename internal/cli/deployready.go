package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/keyedin-app/keyedin-infra/internal/deploy"
)

// prepare looks whether the deployment can be made, and mends what an earlier
// one has left behind.
func (d *deployment) prepare(ctx context.Context) error {
	ready, err := d.look(ctx)
	if err != nil {
		return err
	}
	mended, err := d.mend(ctx, ready)
	if err != nil {
		return err
	}
	if mended {
		if ready, err = d.look(ctx); err != nil {
			return err
		}
	}
	d.ready, d.outcome.Previous = ready, ready.Current
	if len(ready.Problems) > 0 {
		d.outcome.Problems = ready.Problems
		return refusal(d.kind+" "+d.version, ready.Problems)
	}
	return d.isThere(ctx)
}

func (d *deployment) look(ctx context.Context) (*deploy.Ready, error) {
	defer d.Busy("still looking")()
	return d.site.Preflight(ctx, deploy.Wish{
		Version: d.version, Command: d.command != "",
		// Going back is for when things are not well.
		Urgent: d.flags.force || d.kind == deploy.KindRollback,
	})
}

// refusal is all that is wrong, each with what to do.
func refusal(what string, problems []deploy.Problem) error {
	lines := []string{what + " cannot begin, and nothing was changed:"}
	for _, p := range problems {
		lines = append(lines, "- "+p.What)
		if p.Fix != "" {
			lines = append(lines, "  "+p.Fix)
		}
	}
	return errors.New(strings.Join(lines, "\n"))
}

// mend sets right what an earlier deployment, or a person, has left: suspended
// processes that are ours, a lost hook, instances in Standby.
func (d *deployment) mend(ctx context.Context, ready *deploy.Ready) (mended bool, err error) {
	f := ready.Fleet
	if slices.ContainsFunc(ready.UnderWay, func(other deploy.Deployment) bool { return !other.Single() }) {
		return false, nil // it may still need them
	}
	if f.Marked {
		resumed, err := d.site.Unguard(ctx, false)
		if err != nil {
			return false, err
		}
		if len(resumed) > 0 {
			d.Say("An earlier deployment was cut short and has left %s suspended: resumed.", strings.Join(resumed, ", "))
			mended = true
		}
	}
	if ready.Hookless {
		if err := d.mayMend("CodeDeploy's launch hook is gone from the Auto Scaling group, so new instances come up empty. Put it there again?"); err != nil {
			return mended, err
		}
		if err := d.site.Rehook(ctx); err != nil {
			return mended, err
		}
		d.Say("CodeDeploy's launch hook was gone from the Auto Scaling group: it is there again.")
		mended = true
	}
	if ids := f.Standby(); len(ids) > 0 {
		if err := d.mayMend(fmt.Sprintf("%s is in Standby and would miss the release. Bring it back into service?", strings.Join(ids, ", "))); err != nil {
			return mended, err
		}
		if err := d.site.Recall(ctx, ids); err != nil {
			return mended, err
		}
		d.Say("%s was in Standby: brought back into service.", strings.Join(ids, ", "))
		mended = true
	}
	return mended, nil
}

func (d *deployment) mayMend(question string) error {
	if d.flags.yes {
		return nil
	}
	return d.ask(question, "yes")
}

// isThere finds out whether every instance runs the release already.
func (d *deployment) isThere(ctx context.Context) error {
	if d.ready.Current != d.version || d.flags.force {
		return nil
	}
	runs, err := d.site.Runs(ctx, d.ready.Fleet.InService())
	if err != nil {
		return err
	}
	d.outcome.Instances = runs
	if len(d.outcome.Others(d.version)) == 0 {
		d.outcome.Status = deploy.Unchanged
	}
	return nil
}

// keep has ECR keep the images, whatever is pushed from now on. Where it may not,
// the release is deployed all the same.
func (d *deployment) keep(ctx context.Context) {
	err := d.site.Keep(ctx, d.ready)
	if err == nil || ctx.Err() != nil {
		return
	}
	d.Warn("the images of %s could not be marked as deployed: %v\nUnmarked they expire from ECR when enough others were pushed, and new instances stay without the release.\n"+
		"Who may ecr:PutImage marks them with: %s (the role of ci.github may after a `keyedin apply`)", d.version, d.explain(ctx, err), d.line("deploy "+d.version))
}
