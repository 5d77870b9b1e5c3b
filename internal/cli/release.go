package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/deploy"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/release"
	"github.com/keyedin-app/keyedin-infra/internal/release/bundle"
)

func (a *app) releaseCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "release", Short: "The releases of the application: images, and what runs them",
		Long: `A release is the application's images, by digest, and the archive that CodeDeploy
brings to the instances. It is kept in the private bucket under its version, and
never changes. Making one deploys nothing: that is keyedin deploy.`,
		Args: noArgs, RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.releaseCreate(), a.releaseList(), a.releaseShow(), a.releasePrune())
	return c
}

// onReleases runs a subcommand on the environment's releases.
func (a *app) onReleases(run func(*operation, context.Context, []string) error) func(*cobra.Command, []string) error {
	return a.on(func(o *operation, ctx context.Context, args []string) error {
		o.sayReading()
		return run(o, ctx, args)
	})
}

// oneVersion refuses all but one version, in words that help.
func oneVersion(c *cobra.Command, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("it is `%s VERSION`, but %d versions were given; `%s --help` shows its use", c.CommandPath(), len(args), c.CommandPath())
	}
	return bundle.CheckVersion(args[0])
}

// releases is where the environment's are.
func (o *operation) releases() release.Store {
	return release.Store{S3: o.clients.S3, Bucket: o.names.Bucket, Prefix: o.names.Releases}
}

// shelf is what is known of releases and of how they were deployed.
type shelf struct {
	all  []bundle.Release
	past []deploy.Past // the most recent first
}

// deployed is the version that the last good deployment brought, "" if none did.
func (s shelf) deployed() string {
	if len(s.past) == 0 {
		return ""
	}
	return s.past[0].Version
}

// shelf reads all releases, and the deployments of them.
func (o *operation) shelf(ctx context.Context) (s shelf, err error) {
	defer o.Busy(reading)()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) { s.all, err = o.releases().List(ctx); return err })
	g.Go(func() (err error) { s.past, err = o.pastDeployments(ctx); return err })
	return s, g.Wait()
}

// pastDeployments are the good ones; none where there is nothing to deploy to.
func (o *operation) pastDeployments(ctx context.Context) ([]deploy.Past, error) {
	past, err := o.site().History(ctx)
	return past, unlessNowhere(err)
}

// unlessNowhere forgives that there is nothing to deploy to.
func unlessNowhere(err error) error {
	if aws.Classify(err) == engine.NotFound {
		return nil
	}
	return err
}

// bytesOf is what the images of a release take, layers that they share counted
// more than once.
func bytesOf(r bundle.Release) (n int64) {
	for _, i := range r.Images {
		n += i.Size
	}
	return n
}
