package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/keyedin-app/keyedin-infra/internal/session"
)

func (a *app) envPull() *cobra.Command {
	var force bool
	c := a.subcommand("pull [FILE]", "Write the variables to a file (.env.ENVIRONMENT), or - for standard output", 0, 1, func(o *operation, ctx context.Context, args []string) error {
		all, err := o.vars().Values(ctx)
		if err != nil {
			return err
		}
		name := o.file(args)
		if name == "-" {
			o.Print("%s", strings.TrimSuffix(string(session.FormatFile(all)), "\n"))
			return nil
		}
		if err := writePrivate(name, session.FormatFile(all), force); err != nil {
			return err
		}
		o.Say("%d variables are in %s now, in clear text: keep it out of version control.", len(all), name)
		return nil
	})
	c.Flags().BoolVar(&force, "force", false, "write over a file that is there")
	return c
}

// writePrivate writes a file for its owner's eyes alone.
func writePrivate(name string, text []byte, force bool) error {
	if force {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) { // its mode may be another
			return err
		}
	}
	err := create(name, text, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already; --force writes over it", name)
	}
	return err
}

func (a *app) envPush() *cobra.Command {
	var yes, remove bool
	c := a.subcommand("push [FILE]", "Set the variables of a file (.env.ENVIRONMENT)", 0, 1, func(o *operation, ctx context.Context, args []string) error {
		d, want, err := o.compare(ctx, args)
		if err != nil {
			return err
		}
		if !remove {
			d.Remove = []string{}
		}
		if !yes && !d.Empty() {
			for _, name := range slices.Concat(d.Add, d.Change) {
				o.Say("  set %s", name)
			}
			for _, name := range d.Remove {
				o.Say("  REMOVE %s", name)
			}
			if err := o.ask("Do it?", "yes"); err != nil {
				return err
			}
		}
		return o.carryOut(ctx, d, want)
	})
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	c.Flags().BoolVar(&remove, "delete", false, "remove the variables that are not in the file")
	return c
}

func (o *operation) envDiff(ctx context.Context, args []string) error {
	d, _, err := o.compare(ctx, args)
	if err != nil {
		return err
	}
	return o.tell(d, "")
}

// file is the argument, or the environment's own .env file.
func (o *operation) file(args []string) string {
	if len(args) == 1 {
		return args[0]
	}
	return ".env." + o.config.Environment
}

// compare holds a file against what is there.
func (o *operation) compare(ctx context.Context, args []string) (session.Difference, map[string]string, error) {
	name := o.file(args)
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return session.Difference{}, nil, fmt.Errorf("there is no file %s; `%s` writes one", name, o.line("env pull "+name))
	}
	if err != nil {
		return session.Difference{}, nil, err
	}
	want, empty, err := session.ParseFile(text)
	if err != nil {
		return session.Difference{}, nil, fmt.Errorf("%s cannot be used: %w", name, err)
	}
	if len(empty) > 0 {
		o.Warn("%s: without a value, and AWS keeps no empty ones; they are taken as not set", joined(empty))
	}
	have, err := o.vars().Values(ctx)
	return session.Compare(have, want), want, err
}
