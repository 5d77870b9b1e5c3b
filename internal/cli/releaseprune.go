package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

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
one that is being deployed always stay.

What is left of releases that were begun more than a day ago and never finished
goes too, unless a deployment was of them.`,
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
	p, err := o.toPrune(ctx, keep)
	if err != nil {
		return o.explain(ctx, err)
	}
	if len(p.old)+len(p.unfinished) == 0 {
		return o.tellPruned(p)
	}
	if err := o.agreeToPrune(p, yes); err != nil {
		return err
	}
	if err := o.removeReleases(ctx, &p); err != nil {
		return fmt.Errorf("%w\nThe same command goes on: %s", o.explain(ctx, err), o.line("release prune"))
	}
	return o.tellPruned(p)
}

// pruned is what goes, or went, and what stays.
type pruned struct {
	all, old   []bundle.Release
	images     []bundle.Image
	unfinished []release.Unfinished
	kept       map[string]string // images, and why
	finished   int               // unfinished ones that were finished meanwhile
}

func (o *operation) toPrune(ctx context.Context, keep int) (p pruned, err error) {
	s, err := o.shelf(ctx)
	if err != nil {
		return p, err
	}
	needed, err := o.needed(ctx, s)
	if err != nil {
		return p, err
	}
	p.all, p.old = s.all, release.Old(s.all, keep, needed...)
	p.images = release.Unused(s.all, p.old)
	p.unfinished, err = o.unfinished(ctx, needed)
	return p, err
}

// unfinished are the releases that nobody will finish, and nothing needs.
func (o *operation) unfinished(ctx context.Context, needed []string) ([]release.Unfinished, error) {
	all, err := o.releases().Abandoned(ctx)
	if err != nil || len(all) == 0 {
		return all, err
	}
	deployed, err := o.site().Versions(ctx)
	return release.Without(all, append(deployed, needed...)), unlessNowhere(err)
}

func (o *operation) agreeToPrune(p pruned, yes bool) error {
	for _, r := range p.old {
		o.Say("  - %s, made %s by %s", r.Version, r.Created.UTC().Format(day), r.By)
	}
	for _, i := range p.images {
		o.Say("  - %s@%.19s", i.Repository, i.Digest)
	}
	for _, u := range p.unfinished {
		o.Say("  - %s, begun %s and not finished", u.Version, u.Written.UTC().Format(day))
	}
	if yes {
		return nil
	}
	var what []string
	if len(p.old) > 0 {
		what = append(what, count(len(p.old), "release")+" with "+count(len(p.images), "image"))
	}
	if n := len(p.unfinished); n > 0 {
		what = append(what, count(n, "unfinished release"))
	}
	return o.ask(fmt.Sprintf("Remove %s for good?", strings.Join(what, " and ")), "yes")
}

func (o *operation) removeReleases(ctx context.Context, p *pruned) (err error) {
	store := o.releases()
	p.kept, err = release.Pruner{Store: store, ECR: o.clients.ECR}.Remove(ctx, p.all, p.old, func(r bundle.Release) { o.Say("Removed %s.", r.Version) })
	if err != nil {
		return err
	}
	gone := []release.Unfinished{}
	for _, u := range p.unfinished {
		kept, err := store.Discard(ctx, u.Version)
		if err != nil {
			return err
		}
		if kept {
			p.finished++
			o.Say("%s stays: it was finished just now.", u.Version)
			continue
		}
		gone = append(gone, u)
		o.Say("Removed what was left of %s.", u.Version)
	}
	p.unfinished = gone
	return nil
}

// needed are the versions that stay in any case.
func (o *operation) needed(ctx context.Context, s shelf) ([]string, error) {
	needed := []string{s.deployed(), deploy.Previous(s.past)}
	under, err := o.site().UnderWay(ctx)
	for _, d := range under {
		needed = append(needed, d.Version, d.Before)
	}
	return needed, unlessNowhere(err)
}

func (o *operation) tellPruned(p pruned) error {
	left := len(p.all) - len(p.old) + p.finished
	for _, name := range slices.Sorted(maps.Keys(p.kept)) {
		o.Warn("ECR keeps %s: %s", name, p.kept[name])
	}
	if o.JSON {
		return o.Object(map[string]any{"removed": p.old, "images": p.images, "kept-images": p.kept, "unfinished": p.unfinished, "kept": left})
	}
	var what []string
	if len(p.old) > 0 {
		what = append(what, count(len(p.old), "release")+" and "+count(len(p.images)-len(p.kept), "image"))
	}
	if n := len(p.unfinished); n > 0 {
		what = append(what, count(n, "unfinished release"))
	}
	if len(what) == 0 {
		o.Print("Nothing to remove: %s, of which none is both old and unused.", count(left, "release"))
		return nil
	}
	o.Print("Removed %s; %s left.", strings.Join(what, ", and "), count(left, "release"))
	return nil
}
