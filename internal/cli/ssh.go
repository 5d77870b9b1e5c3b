package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"

	"github.com/spf13/cobra"

	"github.com/keyedin-app/keyedin-infra/internal/session"
	"github.com/keyedin-app/keyedin-infra/internal/shell"
)

func (a *app) sshCommand() *cobra.Command {
	return &cobra.Command{
		Use: "ssh [INSTANCE|bastion] [-- COMMAND [ARGUMENT]...]", Short: "A shell on a machine",
		Long: `Opens a shell on an instance of the application (the one that serves longest) or
on the bastion, or runs a command there. No key is needed: a fresh one is pushed
for the connection. It goes through AWS Session Manager, or straight to the
bastion where bastion.allow lets you in.`,
		Example: "  keyedin ssh\n  keyedin ssh bastion\n  keyedin ssh i-0123 -- df -h",
		Args:    machineAndCommand, ValidArgsFunction: a.completion(false, machineNames),
		RunE: func(c *cobra.Command, args []string) error {
			return a.intoMachine(c, args, func(_ *operation, _ session.Machine, command []string, _ bool) (string, error) {
				return shell.Words(command), nil
			})
		},
	}
}

func (a *app) execCommand() *cobra.Command {
	var host bool
	c := &cobra.Command{
		Use: "exec [INSTANCE] [-- COMMAND [ARGUMENT]...]", Short: "A shell in the application's running container",
		Long: `Opens a shell in the container of the application that serves now, or runs a
command there, with your terminal and standard input. For what is to run apart
from what serves there is keyedin run.`,
		Example: "  keyedin exec\n  keyedin exec -- php artisan tinker\n  keyedin exec --host -- sudo docker ps",
		Args:    machineAndCommand, ValidArgsFunction: a.completion(false, machineNames),
		RunE: func(c *cobra.Command, args []string) error {
			return a.intoMachine(c, args, func(o *operation, m session.Machine, command []string, terminal bool) (string, error) {
				switch {
				case host:
					return shell.Words(command), nil
				case m.Name == session.Bastion:
					return "", fmt.Errorf("the bastion has no container of the application; its own shell is: %s", a.line("ssh bastion"))
				}
				return session.InContainer(path.Base(o.names.Repositories[0]), command, terminal), nil
			})
		},
	}
	c.Flags().BoolVar(&host, "host", false, "on the machine itself, as keyedin ssh")
	return c
}

// machineAndCommand takes at most one machine, and a command after --.
func machineAndCommand(c *cobra.Command, args []string) error {
	named, _ := cutAtDash(c, args)
	if len(named) > 1 {
		return fmt.Errorf("one machine at a time: %q is too much; a command goes after --, as in `%s -- %s`", named[1:], c.CommandPath(), named[len(named)-1])
	}
	return nil
}

func cutAtDash(c *cobra.Command, args []string) (named, command []string) {
	if at := c.ArgsLenAtDash(); at >= 0 {
		return args[:at], args[at:]
	}
	return args, nil
}

// choose makes the command line for a machine.
type choose func(o *operation, m session.Machine, command []string, terminal bool) (string, error)

// intoMachine connects to a machine and stays until what runs there ends.
func (a *app) intoMachine(c *cobra.Command, args []string, line choose) error {
	ctx := c.Context()
	named, command := cutAtDash(c, args)
	terminal := a.AtTerminal() && !a.JSON
	switch {
	case a.JSON && len(command) == 0:
		return errors.New("a shell has no answer in JSON: give a command after --")
	case !terminal && len(command) == 0 && a.InIsTerminal():
		return fmt.Errorf("a shell needs a terminal on its output: give a command after --, as in `%s -- uptime`", c.CommandPath())
	}
	o, err := a.operate(ctx)
	if err != nil {
		return err
	}
	name := ""
	if len(named) > 0 {
		name = named[0]
	}
	return o.explain(ctx, o.visit(ctx, name, command, terminal, line))
}

func (o *operation) visit(ctx context.Context, name string, command []string, terminal bool, line choose) error {
	m, err := o.machines().Find(ctx, name)
	if err != nil {
		return err
	}
	text, err := line(o, m, command, terminal)
	if err != nil {
		return err
	}
	o.Say("Connecting to %s ...", m.Name)
	client, err := o.ssh().Dial(ctx, m)
	if err != nil {
		return err
	}
	defer client.Close()
	console := session.Console{In: o.In, Out: o.Out, Err: o.Err}
	var stdout, stderr bytes.Buffer
	if o.JSON {
		console.Out, console.Err = &stdout, &stderr
	}
	if terminal {
		t, err := o.Terminal()
		if err != nil {
			return err
		}
		defer t.Close()
		console.Type, console.Size, console.Resized = t.Type, t.Size, t.Resized
	}
	code, err := session.Interact(ctx, client, m.Name, text, console, o.pause)
	if err == nil && o.JSON {
		err = o.Object(map[string]any{"instance": m.ID, "exit-code": code, "stdout": stdout.String(), "stderr": stderr.String()})
	}
	if err == nil && code != 0 {
		return &exit{code: code}
	}
	return err
}

// machineNames are the ids of the instances, and bastion where it is one of them.
func machineNames(o *operation, ctx context.Context) ([]string, error) {
	all, err := o.machines().List(ctx)
	var names []string
	for _, m := range all {
		names = append(names, m.Name)
	}
	return names, err
}

// instanceNames are machineNames without the bastion.
func instanceNames(o *operation, ctx context.Context) ([]string, error) {
	all, err := machineNames(o, ctx)
	return slices.DeleteFunc(all, func(name string) bool { return name == session.Bastion }), err
}
