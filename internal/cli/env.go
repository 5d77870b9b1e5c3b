package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/keyedin-app/keyedin-infra/internal/session"
)

func (a *app) envCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "env", Short: "The application's environment variables",
		Long: `The environment variables of the application are kept in AWS's Parameter Store,
encrypted and with their history. Their values are shown by env get alone, and
written to a file by env pull alone. Containers that run keep what they were
started with.`,
		Args: noArgs, RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(
		a.subcommand("list", "List the names, versions and times of change", 0, 0, (*operation).envList),
		a.named(a.subcommand("get NAME", "Show a value", 1, 1, (*operation).envGet)),
		a.named(a.subcommand("history NAME", "Show who changed a variable when", 1, 1, (*operation).envHistory)),
		a.envSet(), a.envUnset(), a.envPull(), a.envPush(),
		a.subcommand("diff [FILE]", "Name what a push of the file (.env.ENVIRONMENT) would change", 0, 1, (*operation).envDiff),
	)
	return c
}

func (o *operation) vars() session.Variables {
	return session.Variables{SSM: o.clients.SSM, Path: o.names.Parameters}
}

const day = "2006-01-02 15:04"

func (o *operation) envList(ctx context.Context, _ []string) error {
	all, err := o.vars().List(ctx)
	if err != nil {
		return err
	}
	if o.JSON {
		return o.Object(map[string]any{"variables": append([]session.Variable{}, all...)})
	}
	if len(all) == 0 {
		o.Print("%s has no variables yet. Set one with: %s", o.config.Environment, o.line("env set NAME"))
	}
	for _, v := range all {
		o.Print("%-32s version %-3d %s", v.Name, v.Version, v.Changed.UTC().Format(day))
	}
	return nil
}

func (o *operation) envGet(ctx context.Context, args []string) error {
	v, err := o.vars().Get(ctx, args[0])
	if err != nil {
		return err
	}
	if o.JSON {
		return o.Object(map[string]string{"name": v.Name, "value": v.Value})
	}
	o.Print("%s", v.Value)
	return nil
}

func (o *operation) envHistory(ctx context.Context, args []string) error {
	all, err := o.vars().History(ctx, args[0])
	if err != nil {
		return err
	}
	if o.JSON {
		return o.Object(map[string]any{"name": args[0], "versions": append([]session.Variable{}, all...)})
	}
	for _, v := range all {
		o.Print("version %-3d %s  %s", v.Version, v.Changed.UTC().Format(day), v.By)
	}
	return nil
}

func (a *app) envSet() *cobra.Command {
	c := a.subcommand("set NAME[=VALUE]...", "Set variables", 1, several, (*operation).envAssign)
	c.Long = `Sets variables. A NAME without a value is asked for at the terminal, without an
echo, or read from standard input, so that it is in no shell history.`
	c.Example = "  keyedin env set APP_DEBUG=false LOG_LEVEL=info\n  keyedin env set APP_KEY < key.txt"
	return c
}

func (o *operation) envAssign(ctx context.Context, args []string) error {
	want := map[string]string{}
	for _, arg := range args {
		name, value, given := strings.Cut(arg, "=")
		if _, twice := want[name]; twice {
			return fmt.Errorf("%s is given twice", name)
		}
		if !given {
			if len(args) > 1 && !o.Asks {
				return fmt.Errorf("%s has no value, and standard input can only hold that of one variable; set it alone", name)
			}
			var err error
			if value, err = o.Secret(name); err != nil {
				return err
			}
		}
		if err := session.Check(name, value); err != nil {
			return err
		}
		want[name] = value
	}
	have, err := o.vars().Values(ctx)
	if err != nil {
		return err
	}
	d := session.Compare(have, want)
	d.Remove = []string{} // those that were not named stay
	return o.carryOut(ctx, d, want)
}

// carryOut does what d says, and tells it.
func (o *operation) carryOut(ctx context.Context, d session.Difference, want map[string]string) error {
	for _, name := range slices.Concat(d.Add, d.Change) {
		if err := o.vars().Set(ctx, name, want[name]); err != nil {
			return err
		}
	}
	if err := o.vars().Unset(ctx, d.Remove); err != nil {
		return err
	}
	return o.tell(d, "Done. The application has it once its containers are started again.")
}

// tell names what differs, or was made to differ no more.
func (o *operation) tell(d session.Difference, last string) error {
	if o.JSON {
		return o.Object(d)
	}
	for _, group := range []struct {
		mark  string
		names []string
	}{{"+", d.Add}, {"~", d.Change}, {"-", d.Remove}} {
		for _, name := range group.names {
			o.Print("%s %s", group.mark, name)
		}
	}
	if d.Empty() {
		last = "Nothing differs."
	}
	if last != "" {
		o.Say("%s", last)
	}
	return nil
}

func (a *app) envUnset() *cobra.Command {
	var yes bool
	c := a.subcommand("unset NAME...", "Remove variables, with their history", 1, several, func(o *operation, ctx context.Context, args []string) error {
		have, err := o.vars().List(ctx)
		if err != nil {
			return err
		}
		for _, name := range args {
			if !slices.ContainsFunc(have, func(v session.Variable) bool { return v.Name == name }) {
				return &session.NoVariable{Name: name}
			}
		}
		if !yes {
			if err := o.ask("Remove "+joined(args)+" for good?", "yes"); err != nil {
				return err
			}
		}
		return o.carryOut(ctx, session.Difference{Add: []string{}, Change: []string{}, Remove: args}, nil)
	})
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return a.named(c)
}

// named completes the arguments of a command by the names of variables.
func (a *app) named(c *cobra.Command) *cobra.Command {
	c.ValidArgsFunction = a.completion(strings.HasSuffix(c.Use, "..."), func(o *operation, ctx context.Context) ([]string, error) {
		return o.vars().Names(ctx)
	})
	return c
}
