package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/keyedin-app/keyedin-infra/internal/deploy"
	"github.com/keyedin-app/keyedin-infra/internal/release/bundle"
	"github.com/keyedin-app/keyedin-infra/internal/state"
)

// deployFlags are what a deployment may be told.
type deployFlags struct {
	yes, force, noBefore, attach, abort bool
}

func (a *app) deployCommand() *cobra.Command {
	var f deployFlags
	c := &cobra.Command{
		Use: "deploy [VERSION]", Short: "Bring a release to all instances",
		Long: `Brings a release to all instances, one after the other, each out of the load
balancer meanwhile. First the command of deploy.before runs, once, in the new
image. What fails is taken back by AWS, on all instances.

AWS goes on by itself when this program is interrupted or killed: --attach
follows it again.`,
		Example: "  keyedin deploy 1.4.0\n  keyedin deploy --attach\n  keyedin deploy --abort",
		Args:    func(_ *cobra.Command, args []string) error { return f.check(args) },
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case f.attach:
				return a.runAttach(c.Context(), false, f.yes)
			case f.abort:
				return a.runAttach(c.Context(), true, f.yes)
			}
			return a.runDeploy(c.Context(), args[0], f)
		},
		ValidArgsFunction: a.completion(false, releaseVersions),
	}
	c.Flags().BoolVarP(&f.yes, "yes", "y", false, "do not ask")
	c.Flags().BoolVar(&f.force, "force", false, "deploy what runs already, to ill instances or against an alarm")
	c.Flags().BoolVar(&f.noBefore, "no-before", false, "do not run the command of deploy.before")
	c.Flags().BoolVar(&f.attach, "attach", false, "follow the deployment under way, or say how the last one ended")
	c.Flags().BoolVar(&f.abort, "abort", false, "stop the deployment under way, and have it taken back")
	return c
}

// check holds the arguments to what makes sense together.
func (f deployFlags) check(args []string) error {
	switch {
	case f.attach && f.abort:
		return errors.New("--attach follows a deployment and --abort ends it: say one of them")
	case (f.attach || f.abort) && len(args) > 0:
		return fmt.Errorf("--attach and --abort are about the deployment under way, and take no version, but were given %s", strings.Join(args, " "))
	case (f.attach || f.abort) && (f.force || f.noBefore):
		return errors.New("--force and --no-before are for a new deployment; --attach and --abort are about the one under way")
	case f.attach || f.abort:
		return nil
	case len(args) != 1:
		return fmt.Errorf("it is `keyedin deploy VERSION`, but %d versions were given; `keyedin release list` lists them", len(args))
	}
	return bundle.CheckVersion(args[0])
}

func (a *app) runDeploy(ctx context.Context, version string, f deployFlags) error {
	o, err := a.operate(ctx)
	if err != nil {
		return err
	}
	o.sayReading()
	d := &deployment{operation: o, site: o.site(), kind: deploy.KindDeploy, version: version, flags: f}
	if !f.noBefore {
		d.command = o.config.Deploy.Before
	}
	return d.run(ctx)
}

// deployment is one run of deploy or rollback.
type deployment struct {
	*operation
	site    *deploy.Site
	kind    string
	version string
	command string // that runs before; empty: none
	flags   deployFlags
	ready   *deploy.Ready
	outcome deploy.Outcome
}

// site is the environment as a deployment sees it.
func (o *operation) site() *deploy.Site {
	c := o.clients
	return &deploy.Site{
		AutoScaling: c.AutoScaling, CloudWatch: c.CloudWatch, CodeDeploy: c.CodeDeploy, ECR: c.ECR, ELB: c.ELB, S3: c.S3, SSM: c.SSM,
		Environment: o.config.Environment, Application: o.names.Application, Group: o.names.Group,
		Bucket: o.names.Bucket, Releases: o.names.Releases,
		Release: o.releases().Get, Pause: o.pause,
	}
}

// run is a deployment from the lock to the last word.
func (d *deployment) run(ctx context.Context) error {
	d.outcome = deploy.Outcome{Environment: d.config.Environment, Kind: d.kind, Version: d.version, By: user(), Started: time.Now().UTC()}
	return d.conclude(ctx, d.work(ctx))
}

func (d *deployment) work(ctx context.Context) error {
	if err := d.lock(ctx, d.kind); err != nil {
		return err
	}
	defer func() { d.release(ctx) }()
	ctx = d.held.Context() // whoever loses the lock is not alone any more
	if err := d.prepare(ctx); err != nil {
		return err
	}
	if d.outcome.Status == deploy.Unchanged {
		d.keep(ctx) // it may have been deployed by a keyedin that did not mark
		return nil
	}
	if err := d.agreed(); err != nil {
		return err
	}
	defer d.app.stop.gracefully()()
	return d.guarded(ctx)
}

// guarded deploys while nothing disturbs it; what was suspended for that is
// resumed however it ends.
func (d *deployment) guarded(ctx context.Context) (err error) {
	defer func() {
		// A deployment that goes on without us leaves its mark, for others to see.
		err = errors.Join(err, d.unguard(ctx, errors.Is(err, errStoppedWatching)))
	}()
	if err := d.site.Guard(ctx, d.ready.Fleet); err != nil {
		return err
	}
	record, err := d.before(ctx)
	if err != nil {
		return err
	}
	d.keep(ctx)
	record.Deployment, err = d.site.Start(ctx, deploy.Order{
		Kind: d.kind, Version: d.version, By: record.By, Token: record.Token,
		Archive: d.ready.Archive, DeafToAlarms: len(d.ready.Alarms) > 0, // it was looked at, and is to go on
	})
	if err != nil {
		return err
	}
	d.outcome.Deployment = record.Deployment
	d.Say("Deployment %s of %s has begun. AWS goes on with it whatever happens here.", record.Deployment, d.version)
	if err := d.site.Begun(ctx, record); err != nil {
		d.Warn("deployment %s could not be recorded: %v", record.Deployment, d.explain(ctx, err))
	}
	return d.follow(ctx, record.Deployment, false)
}

// unguard resumes what was suspended; with leave the mark stays.
func (d *deployment) unguard(ctx context.Context, leave bool) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	_, err := d.site.Unguard(ctx, leave)
	if err != nil {
		return fmt.Errorf("what was suspended for the deployment could not be resumed: %w\nThe next deploy, rollback or apply resumes it", err)
	}
	return nil
}

// agreed asks before anything is begun.
func (d *deployment) agreed() error {
	if d.flags.yes {
		return nil
	}
	now := "nothing runs yet"
	if d.ready.Current != "" {
		now = "now " + d.ready.Current
	}
	text := fmt.Sprintf("Deploy %s to %s, %s (%s)?", d.version, d.config.Environment, count(len(d.ready.Fleet.InService()), "instance"), now)
	if d.command != "" {
		text = fmt.Sprintf("Run `%s`, then d%s", d.command, text[1:])
	}
	return d.ask(text, "yes")
}

// count is a number with its word.
func count(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// newToken tells a deployment from every other.
func newToken() string { return state.NewID() }
