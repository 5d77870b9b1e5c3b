package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/keyedin-app/keyedin-infra/internal/image"
	"github.com/keyedin-app/keyedin-infra/internal/ui"
)

func (a *app) imageList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the images, what uses them, and what builds have left", Args: noArgs,
		RunE: a.onImages(a.inAccount, (*operation).images),
	}
}

func (o *operation) images(ctx context.Context) error {
	o.sayReading()
	stock, err := o.bakery(func(string) {}).Stock(ctx)
	if err != nil {
		return o.explain(ctx, err)
	}
	if o.JSON {
		return o.Object(stock)
	}
	if len(stock.Images) == 0 {
		o.Print("%s has no images yet. Bake one with: %s", o.config.Name, o.line("image build"))
	}
	for _, i := range stock.Images {
		o.Print("%-21s %-23s %s %-9s %2d GB", i.ID, i.Name, i.Created.UTC().Format(day), standing(i), i.GB)
		o.Print("  recipe %s, from %s (%s)", i.Recipe, i.Base, i.Arch)
		if len(i.UsedBy) > 0 {
			o.Print("  used by %s", strings.Join(ui.Few(i.UsedBy, 3), ",\n          "))
		}
		if o.config.App.Image == i.ID {
			o.Print("  named in app.image")
		}
	}
	for _, name := range stock.Left.Names() {
		o.Print("left over: %s", name)
	}
	if !stock.Left.Empty() {
		o.Say("A build goes on with what is left of its own recipe (`%s`); `%s` removes it all.", o.line("image build"), o.line("image prune"))
	}
	return nil
}

// standing is an image's worth in a word.
func standing(i image.Image) string {
	switch {
	case i.State != "available":
		return i.State
	case i.Good:
		return "good"
	}
	return "untested"
}

func (a *app) imagePrune() *cobra.Command {
	var keep int
	var yes bool
	c := &cobra.Command{
		Use: "prune", Short: "Remove old images with their snapshots, and what builds have left", Args: noArgs,
		Long: `Removes all good images but the newest of each CPU architecture, with their
snapshots. One that an instance, a launch template or a group uses, or that
app.image names, always stays. What builds have left behind goes too, also that
of a build which is at work now; it would start again.`,
		RunE: a.onImages(a.inAccount, func(o *operation, ctx context.Context) error { return o.prune(ctx, keep, yes) }),
	}
	c.Flags().IntVar(&keep, "keep", 3, "how many of the newest stay")
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}

func (o *operation) prune(ctx context.Context, keep int, yes bool) error {
	if keep < 0 {
		return fmt.Errorf("--keep is how many images stay, so at least 0, not %d", keep)
	}
	o.sayReading()
	n := &narrator{o: o}
	defer n.rest()
	bakery := o.bakery(n.say)
	stock, err := bakery.Stock(ctx)
	if err != nil {
		return o.explain(ctx, err)
	}
	old := stock.Old(keep, o.config.App.Image)
	if len(old) == 0 && stock.Left.Empty() {
		return o.pruned(stock, old, 0)
	}
	freed := 0
	for _, i := range append(old[:len(old):len(old)], stock.Left.Images...) {
		freed += i.GB
	}
	for _, s := range stock.Left.Snapshots {
		freed += s.GB
	}
	for _, i := range old {
		o.Say("  - %s  %s, made %s, %d GB", i.ID, i.Name, i.Created.UTC().Format(day), i.GB)
	}
	for _, name := range stock.Left.Names() {
		o.Say("  - left over: %s", name)
	}
	if !yes {
		if err := o.ask("Remove them for good?", "yes"); err != nil {
			return err
		}
	}
	if err := bakery.Prune(ctx, old, stock.Left); err != nil {
		n.rest()
		return fmt.Errorf("%w\nThe same command goes on: %s", o.explain(ctx, err), o.line("image prune"))
	}
	n.rest()
	return o.pruned(stock, old, freed)
}

func (o *operation) pruned(stock image.Stock, old []image.Image, freed int) error {
	if o.JSON {
		return o.Object(map[string]any{
			"removed": append([]image.Image{}, old...), "left-over": stock.Left, "freed-gb": freed, "kept": len(stock.Images) - len(old) - len(stock.Left.Images),
		})
	}
	if len(old) == 0 && stock.Left.Empty() {
		o.Print("Nothing to remove: %d images, of which none is both old and unused.", len(stock.Images))
		return nil
	}
	o.Print("Removed %d images and %d leftovers; their snapshots held up to %d GB.", len(old), len(stock.Left.Names()), freed)
	return nil
}
