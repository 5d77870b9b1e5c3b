package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/keyedin-app/keyedin-infra/internal/deploy"
	"github.com/keyedin-app/keyedin-infra/internal/release/bundle"
)

func (a *app) rollbackCommand() *cobra.Command {
	var f deployFlags
	c := &cobra.Command{
		Use: "rollback [VERSION]", Short: "Go back to a release that ran before",
		Long: `Deploys a release that ran before, without the command of deploy.before, and
whatever the alarms say. Without a version it asks which; with --yes it takes
the one before the current.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return fmt.Errorf("rollback takes one version at most, but was given %d: %s", len(args), strings.Join(args, " "))
			}
			if len(args) == 1 {
				return bundle.CheckVersion(args[0])
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return a.runRollback(c.Context(), strings.Join(args, ""), f)
		},
		ValidArgsFunction: a.completion(false, pastVersions),
	}
	c.Flags().BoolVarP(&f.yes, "yes", "y", false, "do not ask: take the release before the current")
	c.Flags().BoolVar(&f.force, "force", false, "deploy it although it runs everywhere already")
	return c
}

func (a *app) runRollback(ctx context.Context, version string, f deployFlags) error {
	o, err := a.operate(ctx)
	if err != nil {
		return err
	}
	o.sayReading()
	d := &deployment{operation: o, site: o.site(), kind: deploy.KindRollback, version: version, flags: f}
	past, err := d.site.History(ctx)
	if err != nil {
		return o.explain(ctx, err)
	}
	if d.version, err = d.choose(ctx, past, version); err != nil {
		return o.explain(ctx, err)
	}
	if err := d.warned(ctx, past); err != nil {
		return o.explain(ctx, err)
	}
	return d.run(ctx)
}

// offered is how many releases a person chooses from.
const offered = 10

// choose is the release to go back to.
func (d *deployment) choose(ctx context.Context, past []deploy.Past, version string) (string, error) {
	before := deploy.Previous(past)
	switch {
	case version != "":
		for _, p := range past {
			if p.Version == version {
				return version, nil
			}
		}
		return "", fmt.Errorf("%s was never deployed to %s, so there is no going back to it; those that were: %s.\nDeploy it with: %s",
			version, d.config.Environment, versions(past), d.line("deploy "+version))
	case before == "":
		return "", fmt.Errorf("there is no release to go back to: %s was deployed to %s.\nDeploy another with: %s",
			versions(past), d.config.Environment, d.line("deploy VERSION"))
	case d.flags.yes:
		return before, nil
	case !d.Asks:
		return "", fmt.Errorf("nobody is at the terminal to be asked which release to go back to; say it: %s, or take the one before, %s, with --yes",
			d.line("rollback VERSION"), before)
	}
	d.offer(ctx, past, before)
	return d.Choose("Back to which release?", before)
}

// offer lists the last releases, with their revision where it is known.
func (d *deployment) offer(ctx context.Context, past []deploy.Past, before string) {
	seen := map[string]bool{}
	for _, p := range past {
		if seen[p.Version] || len(seen) == offered {
			continue
		}
		revision := ""
		if r, err := d.site.Release(ctx, p.Version); err == nil { // it may be gone, and is only a help
			revision = r.Revision[:min(len(r.Revision), 12)]
		}
		note := ""
		switch {
		case len(seen) == 0:
			note = " (runs now)"
		case p.Version == before:
			note = " (the one before)"
		}
		seen[p.Version] = true
		d.Say("  %-20s %s  %-12s %-12s%s", p.Version, p.When.UTC().Format(day), p.By, revision, note)
	}
}

func versions(past []deploy.Past) string {
	if len(past) == 0 {
		return "nothing"
	}
	var all []string
	seen := map[string]bool{}
	for _, p := range past {
		if !seen[p.Version] && len(all) < offered {
			all = append(all, p.Version)
		}
		seen[p.Version] = true
	}
	return strings.Join(all, ", ")
}

// warned tells of migrations that the release to go back to does not know, and
// asks.
func (d *deployment) warned(ctx context.Context, past []deploy.Past) error {
	changed, err := d.site.Between(ctx, past, d.version)
	if err != nil || len(changed) == 0 {
		return err
	}
	for _, r := range changed {
		d.Warn("`%s` ran with %s on %s UTC and may have changed the database; going back does not undo that.",
			r.Before.Command, r.Version, r.Started.UTC().Format(day))
	}
	if d.flags.yes {
		return nil
	}
	err = d.ask(fmt.Sprintf("Can %s work with the database as it is now?", d.version), "yes")
	if errors.Is(err, errDeclined) {
		return fmt.Errorf("%w. Going forward with a release that mends it may be easier: %s", err, d.line("deploy VERSION"))
	}
	return err
}
