package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/keyedin-app/keyedin-infra/internal/deploy"
	"github.com/keyedin-app/keyedin-infra/internal/release"
	"github.com/keyedin-app/keyedin-infra/internal/release/bundle"
)

func (a *app) releasePrune() *cobra.Command {
	var keep int
	var yes bool
	c := &cobra.Command{
		Use: "prune", Short: "Remove old releases, with the images that no other has", Args: noArgs,
		Long: `Removes all releases but the newest, and their images from ECR unless another
release has them too. The release that is deployed, the one to go back to and
one that is being deployed always stay.`,
		RunE: a.onReleases(func(o *operation, ctx context.Context, _ []string) error { return o.pruneReleases(ctx, keep, yes) }),
	}
	c.Flags().IntVar(&keep, "keep", 10, "how many of the newest stay")
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}

func (o *operation) pruneReleases(ctx context.Context, keep int, yes bool) error {
	if keep < 0 {
		return fmt.Errorf("--keep is how many releases stay, so at least 0, not %d", keep)
	}
	// Nobody may begin to deploy what is about to go.
	if err := o.lock(ctx, "release prune"); err != nil {
		return err
	}
	defer func() { o.release(ctx) }()
	ctx = o.held.Context()
	s, err := o.shelf(ctx)
	if err != nil {
		return err
	}
	needed, err := o.needed(ctx, s)
	if err != nil {
		return err
	}
	old := release.Old(s.all, keep, needed...)
	images := release.Unused(s.all, old)
	if len(old) == 0 {
		return o.prunedReleases(s, old, images, nil)
	}
	for _, r := range old {
		o.Say("  - %s, made %s by %s", r.Version, r.Created.UTC().Format(day), r.By)
	}
	for _, i := range images {
		o.Say("  - %s@%.19s", i.Repository, i.Digest)
	}
	if !yes {
		if err := o.ask(fmt.Sprintf("Remove %s with %s for good?", count(len(old), "release"), count(len(images), "image")), "yes"); err != nil {
			return err
		}
	}
	left, err := release.Pruner{Store: o.releases(), ECR: o.clients.ECR}.Remove(ctx, s.all, old, func(r bundle.Release) { o.Say("Removed %s.", r.Version) })
	if err != nil {
		return fmt.Errorf("%w\nThe same command goes on: %s", o.explain(ctx, err), o.line("release prune"))
	}
	return o.prunedReleases(s, old, images, left)
}

// needed are the versions that stay in any case.
func (o *operation) needed(ctx context.Context, s shelf) ([]string, error) {
	needed := []string{s.deployed(), deploy.Previous(s.past)}
	if len(s.past) == 0 {
		return needed, nil
	}
	under, err := o.site().UnderWay(ctx)
	for _, d := range under {
		needed = append(needed, d.Version, d.Before)
	}
	return needed, err
}

func (o *operation) prunedReleases(s shelf, old []bundle.Release, images []bundle.Image, left map[string]string) error {
	kept := len(s.all) - len(old)
	for _, name := range slices.Sorted(maps.Keys(left)) {
		o.Warn("ECR keeps %s: %s", name, left[name])
	}
	if o.JSON {
		return o.Object(map[string]any{"removed": old, "images": images, "kept-images": left, "kept": kept})
	}
	if len(old) == 0 {
		o.Print("Nothing to remove: %s, of which none is both old and unused.", count(kept, "release"))
		return nil
	}
	o.Print("Removed %s and %s; %s left.", count(len(old), "release"), count(len(images)-len(left), "image"), count(kept, "release"))
	return nil
}
