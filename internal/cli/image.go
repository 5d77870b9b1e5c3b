package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/keyedin-app/keyedin-infra/internal/architecture"
	"github.com/keyedin-app/keyedin-infra/internal/config"
	"github.com/keyedin-app/keyedin-infra/internal/image"
)

func (a *app) imageCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "image", Short: "The machine images that instances are made of",
		Long: `Instances that are made of a baked image are ready within a minute, and each time
with the same packages. Without one they install everything at their first boot.
Images belong to the project: each of its environments in an account and region
takes the newest good one at its next apply.`,
		Args: noArgs, RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.imageBuild(), a.imageList(), a.imagePrune())
	return c
}

// onImages is a subcommand of image that takes no arguments.
func (a *app) onImages(open func(context.Context) (*operation, error), run func(*operation, context.Context) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, _ []string) error {
		o, err := open(c.Context())
		if err != nil {
			return err
		}
		return run(o, c.Context())
	}
}

// inAccount is enough for what needs no environment: images outlive it.
func (a *app) inAccount(ctx context.Context) (*operation, error) {
	e, err := a.open(ctx)
	if err != nil {
		return nil, err
	}
	if e.facts, err = e.clients.Caller(ctx, e.config.Account); err != nil {
		return nil, e.explain(ctx, err)
	}
	return e.operation(), nil
}

// bakery is where images of the environment are made; say tells what it does.
func (o *operation) bakery(say func(string)) *image.Bakery {
	return &image.Bakery{
		EC2: o.clients.EC2, AutoScaling: o.clients.AutoScaling,
		Project: o.config.Name, Environment: o.config.Environment, Tags: o.config.Tags,
		Pause: o.pause, On: say,
	}
}

// clearBuilds says what image builds have left in the network, and sees that it
// goes before the network does.
func (e *environment) clearBuilds(ctx context.Context) error {
	o := e.operation()
	bakery := o.bakery(func(text string) { e.Say("%s", text) })
	left, err := bakery.Machines(ctx)
	if err != nil || left.Empty() {
		return e.explain(ctx, err)
	}
	e.Say("Left by image builds, and going first: %s.", joined(left.Names()))
	e.first = func(ctx context.Context) error { return e.explain(ctx, bakery.Prune(ctx, nil, left)) }
	return nil
}

// recipe is what the config's instances need, from the newest Amazon Linux.
func (o *operation) recipe(ctx context.Context) (image.Recipe, error) {
	arch := config.Arch(o.config.App.Instances.Types[0])
	base, err := o.clients.AmazonLinux(ctx, arch)
	if err != nil {
		return image.Recipe{}, err
	}
	r := image.Recipe{Base: base, Type: builderType(o.config.App.Instances.Types, arch), VPC: o.last.Objects["vpc/main"].ID}
	r.Bake, r.Try = architecture.ImageScripts(o.config, o.facts.Partition)
	for address, object := range o.last.Objects {
		if strings.HasPrefix(address, "subnet/public-") && object.ID != "" {
			r.Subnets = append(r.Subnets, object.ID)
		}
	}
	slices.Sort(r.Subnets)
	if r.VPC == "" || len(r.Subnets) == 0 {
		return r, fmt.Errorf("the network of %s is not there, and a builder has to be in it.\nMake it with: %s", o.config.Environment, o.line("apply"))
	}
	return r, nil
}

// builderType is the first of the types that shows its console while it runs,
// which those before the Nitro system do not.
// https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-nitro-instances.html
func builderType(types []string, arch string) string {
	for _, t := range types {
		family, _, _ := strings.Cut(t, ".")
		if !slices.Contains([]string{"t1", "t2", "m1", "m2", "m3", "m4", "c1", "c3", "c4", "r3", "r4", "x1", "x1e", "d2", "i2", "i3", "p2", "p3", "g3", "h1"}, family) {
			return t
		}
	}
	if arch == "arm64" {
		return "t4g.small"
	}
	return "t3.small"
}
