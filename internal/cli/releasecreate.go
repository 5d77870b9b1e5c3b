package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/spf13/cobra"

	"github.com/keyedin-app/keyedin-infra/internal/config"
	"github.com/keyedin-app/keyedin-infra/internal/release"
	"github.com/keyedin-app/keyedin-infra/internal/release/bundle"
	"github.com/keyedin-app/keyedin-infra/internal/ui"
)

// creation is what release create may be told.
type creation struct {
	images            []string
	compose, revision string
}

func (a *app) releaseCreate() *cobra.Command {
	var f creation
	c := &cobra.Command{
		Use: "create VERSION", Short: "Make a release of images, pushing those that are not in ECR", Args: oneVersion,
		Long: `Makes a release. An image that no --image names is the one in ECR that is tagged
VERSION. Others are pushed, without a Docker daemon, and tagged VERSION:

  keyedin/backend=app:dev        an image of the Docker daemon
  keyedin/backend=app.tar        a tarball, of docker save or in the OCI layout
  keyedin/backend=./app          a directory in the OCI layout
  keyedin/backend=:1.3.9         a tag in ECR; a digest is @sha256:...

REPOSITORY= may be left out where the source is called as the repository is. An
image for several platforms gives that of app.instances.types.

The same again is no error; other content under a version that is there is
refused. It can be interrupted or killed at any moment: the same command goes on.`,
		Example: "  keyedin release create 1.4.0\n  keyedin release create 1.4.0 --image backend.tar --image keyedin/nginx=:1.3.9",
		RunE:    a.onReleases(func(o *operation, ctx context.Context, args []string) error { return o.makeRelease(ctx, args[0], f) }),
		// A version that is to be made is none that can be completed.
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	c.Flags().StringArrayVar(&f.images, "image", nil, "where an image is, `REPOSITORY=SOURCE`; can be repeated")
	c.Flags().StringVar(&f.compose, "compose", "", "your own compose `file`")
	c.Flags().StringVar(&f.revision, "revision", "", "the git `commit` (default: of the config's folder)")
	return c
}

// revisionForm is what commits and their like are written as.
var revisionForm = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z._/+-]{0,127}$`)

func (o *operation) makeRelease(ctx context.Context, version string, f creation) error {
	order := release.Order{Version: version, By: user(), Tool: toolVersion(), Created: time.Now()}
	var err error
	if order.Sources, err = release.Choose(f.images, o.config.App.Repositories); err != nil {
		return err
	}
	if f.compose != "" {
		if order.Compose, err = os.ReadFile(f.compose); err != nil {
			return &release.BadSource{Source: f.compose, Why: "the compose file cannot be read: " + err.Error()}
		}
		order.ComposeName = f.compose
	}
	if order.Revision, err = o.revision(ctx, f.revision); err != nil {
		return err
	}
	registry, err := release.Login(ctx, o.clients.ECR, o.pause)
	if err != nil {
		return err
	}
	n, shown := &narrator{o: o}, ui.NewTransfer(o.Streams)
	maker := release.Maker{
		Registry: registry, Store: o.releases(), Repositories: o.config.App.Repositories,
		Platform: release.Platform(config.Arch(o.config.App.Instances.Types[0])),
		Say:      n.say, Tell: func(p release.Progress) { n.rest(); o.pushed(shown, p) },
	}
	r, made, err := maker.Create(ctx, order)
	n.rest()
	if err != nil {
		shown.Rest()
		return o.unmade(ctx, version, err)
	}
	return o.made(r, made)
}

// revision is the commit of the release.
func (o *operation) revision(ctx context.Context, given string) (string, error) {
	if given != "" {
		if !revisionForm.MatchString(given) {
			return "", fmt.Errorf("--revision %q is no commit; it has up to 128 letters, digits and the characters . _ / + -", given)
		}
		return given, nil
	}
	commit, dirty := release.Revision(ctx, filepath.Dir(o.app.config))
	if dirty {
		o.Warn("there are changes here that commit %.12s does not have; the release says it is made from it.", commit)
	}
	return commit, nil
}

// pushed shows how far a push is.
func (o *operation) pushed(shown *ui.Transfer, p release.Progress) {
	if p.Done < p.Layers {
		shown.At(fmt.Sprintf("%s: %d of %d layers", p.Repository, p.Done, p.Layers), p.Sent, p.Bytes)
		return
	}
	shown.Rest()
	o.Say("  %s is in ECR: %d layers, %s.", p.Repository, p.Layers, ui.Bytes(p.Bytes))
}

// unmade says why there is no release, and how to go on.
func (o *operation) unmade(ctx context.Context, version string, err error) error {
	if o.app.stop.asked() && (errors.Is(err, errStoppedWatching) || errors.Is(err, errInterrupted) || errors.Is(err, context.Canceled)) {
		return &exit{exitInterrupted, fmt.Errorf("interrupted; release %s is not made.\nThe same command goes on: what is in ECR by now is not pushed again", version)}
	}
	if refused, ok := errors.AsType[*release.Refused](err); ok {
		return fmt.Errorf("%w\nThe same command goes on: what is in ECR by now is not pushed again", refused)
	}
	return o.explain(ctx, err)
}

func (o *operation) made(r bundle.Release, made bool) error {
	if o.JSON {
		return o.Object(map[string]any{"release": r, "made": made})
	}
	if !made {
		o.Print("release %s is already there, with the same content.", r.Version)
	} else {
		o.Print("release %s is made: %s, %s.", r.Version, count(len(r.Images), "image"), ui.Bytes(bytesOf(r)))
	}
	for _, i := range r.Images {
		o.Print("  %s, %s\n    %s", i.Repository, ui.Bytes(i.Size), i.Digest)
	}
	o.Say("Deploy it with: %s", o.line("deploy "+r.Version))
	return nil
}
