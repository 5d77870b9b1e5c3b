package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/keyedin-app/keyedin-infra/internal/image"
)

func (a *app) imageBuild() *cobra.Command {
	var again, yes bool
	c := &cobra.Command{
		Use: "build", Short: "Bake an image, try it, and keep it if it is good", Args: noArgs,
		Long: `Starts a builder of the newest Amazon Linux 2023 in the environment's network,
which nobody can get into, has it install and harden everything, makes an image
of it, and tries that on a machine of its own. An image that passes is tagged
good; apply takes the newest good one. Builder, test and security group are
removed.

There is nothing to do when a good image was made of the same Amazon Linux by the
same recipe. It can be interrupted or killed at any moment: the next build goes
on. Two at once make one image.`,
		Example: "  keyedin image build\n  keyedin image build --yes && keyedin apply --roll",
		RunE:    a.onImages(a.operate, func(o *operation, ctx context.Context) error { return o.bake(ctx, again, yes) }),
	}
	c.Flags().BoolVar(&again, "force", false, "bake one more, also when there is a good one")
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}

// narrator tells what is done, and in between that something is.
type narrator struct {
	o    *operation
	done func()
}

func (n *narrator) say(text string) {
	n.rest()
	n.o.Say("%s", text)
	n.done = n.o.Busy("  still at it")
}

func (n *narrator) rest() {
	if n.done != nil {
		n.done()
	}
	n.done = nil
}

func (o *operation) bake(ctx context.Context, again, yes bool) error {
	o.sayReading()
	n := &narrator{o: o}
	defer n.rest()
	bakery := o.bakery(n.say)
	recipe, err := o.recipe(ctx)
	if err != nil {
		return o.explain(ctx, err)
	}
	good, left, err := bakery.Wanted(ctx, recipe)
	if err != nil {
		return o.explain(ctx, err)
	}
	switch {
	case good != nil && !again:
		o.Say("There is a good image of this recipe and of the newest Amazon Linux (%s).", recipe.Base)
	case !yes:
		if !left.Empty() {
			o.Say("Left by an earlier build, to go on with: %s.", joined(left.Names()))
		}
		if err := o.ask(fmt.Sprintf("Bake an image from %s? It takes about 15 minutes, and costs a few cents.", recipe.Base), "yes"); err != nil {
			return err
		}
	}
	made, err := bakery.Build(ctx, recipe, again)
	n.rest()
	if err != nil {
		return o.unbaked(ctx, err)
	}
	if o.JSON {
		return o.Object(map[string]any{"image": made.Image, "built": made.Built})
	}
	if !made.Built {
		o.Print("Nothing to do: %s (%s), made %s.", made.Image.Name, made.Image.ID, made.Image.Created.UTC().Format(day))
		return nil
	}
	o.Print("%s (%s) is good.", made.Image.Name, made.Image.ID)
	o.Say("Take running instances to it with: %s", o.line("apply --roll"))
	return nil
}

// unbaked says why there is no image, and what is left for the next build.
func (o *operation) unbaked(ctx context.Context, err error) error {
	if failed, ok := errors.AsType[*image.Failed](err); ok && !isUnfinished(err) {
		return fmt.Errorf("%w\nEverything of this build is removed; no instance was touched", failed)
	}
	rest := "nothing"
	if u, ok := errors.AsType[*image.Unfinished](err); ok && !u.Left.Empty() {
		rest = strings.Join(u.Left.Names(), ", ")
	}
	next := fmt.Sprintf("Left: %s. Machines go on by themselves, and end after 90 minutes if nobody comes.\nGo on with: %s", rest, o.line("image build"))
	if o.app.stop.asked() {
		return &exit{exitInterrupted, errors.New("interrupted. " + next)}
	}
	return fmt.Errorf("%w\n%s", o.explain(ctx, err), next)
}

func isUnfinished(err error) bool {
	_, ok := errors.AsType[*image.Unfinished](err)
	return ok
}
