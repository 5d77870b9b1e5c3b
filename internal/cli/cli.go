// Package cli has one file a command. It knows flags, exit codes and the order
// in which a command uses the other packages; it prints through ui alone, and
// leaves every decision about objects to the engine.
package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	osuser "os/user"
	"strings"

	"github.com/spf13/cobra"

	"github.com/keyedin-app/keyedin-infra/internal/ui"
)

// Exit codes.
const (
	exitDone        = 0
	exitFailed      = 1
	exitChanges     = 2 // plan --detailed-exitcode found changes
	exitLocked      = 3 // someone else is at work
	exitPerson      = 4 // applied, and something waits for a person
	exitInterrupted = 130
)

const defaultConfig = "keyedin.yaml"

// exit is an error with an exit code of its own; err may be nil, when all has
// been said.
type exit struct {
	code int
	err  error
}

func (e *exit) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exit) Unwrap() error { return e.err }

// app is one run of the program: the global flags and the streams.
type app struct {
	ui.Streams
	config  string
	sandbox bool
	noColor bool
	stop    *interrupt
}

// Run runs a command line and returns its exit code.
func Run(ctx context.Context, args []string) int {
	a := &app{Streams: ui.Standard(false)}
	ctx, a.stop = watch(ctx, func(text string) { a.Say("%s", text) })
	defer a.stop.end()
	root := a.root()
	root.SetArgs(args)
	root.SetOut(a.Out)
	root.SetErr(a.Err)
	err := root.ExecuteContext(ctx)
	return a.conclude(err)
}

// conclude says what went wrong, once, and chooses the exit code.
func (a *app) conclude(err error) int {
	if err == nil {
		return exitDone
	}
	code := exitFailed
	var with *exit
	if errors.As(err, &with) {
		code = with.code
		if err = with.err; err == nil {
			return code
		}
	}
	if a.stop.asked() && code == exitFailed {
		code = exitInterrupted
		if errors.Is(err, context.Canceled) || errors.Is(err, errInterrupted) {
			err = errInterrupted // and not each call that was given up
		}
	}
	if a.JSON {
		_ = a.Object(map[string]any{"error": err.Error(), "exit-code": code}) // the exit code says it too
	}
	a.Fail(err)
	return code
}

// root is the table of commands.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "keyedin",
		Short: "The whole AWS environment of one application, from one small file",
		Long: `keyedin builds, changes, deploys to and takes down the whole AWS environment
of one application from one small file, keyedin.yaml.

First steps:
  keyedin init                  write keyedin.yaml
  keyedin plan                  show what would be done, and do nothing
  keyedin apply                 do it
  keyedin status                see what runs

Every command works on a local AWS with --sandbox: nothing to pay, no account.`,
		SilenceUsage: true, SilenceErrors: true,
		PersistentPreRun: func(*cobra.Command, []string) {
			if a.noColor {
				asks, json, verbose := a.Asks, a.JSON, a.Verbose
				a.Streams = ui.Standard(true)
				a.Asks, a.JSON, a.Verbose = asks, json, verbose
			}
		},
	}
	flags := root.PersistentFlags()
	flags.StringVarP(&a.config, "config", "c", defaultConfig, "the config `file`")
	flags.BoolVar(&a.sandbox, "sandbox", false, "work on the local AWS, starting it if needed")
	flags.BoolVar(&a.JSON, "json", false, "answer in JSON on standard output")
	flags.BoolVar(&a.noColor, "no-color", false, "no colour, as with NO_COLOR")
	flags.BoolVarP(&a.Verbose, "verbose", "v", false, "show every field, and what only informs")
	root.AddCommand(
		a.initCommand(), a.schemaCommand(),
		a.planCommand(), a.applyCommand(), a.destroyCommand(),
		a.statusCommand(), a.historyCommand(), a.unlockCommand(),
		a.releaseCommand(), a.deployCommand(), a.rollbackCommand(), a.ciCommand(), a.messagesCommand(),
		a.imageCommand(), a.envCommand(), a.dbCommand(),
		a.runCommand(), a.execCommand(), a.sshCommand(), a.logsCommand(), a.metricsCommand(),
		a.sandboxCommand(), a.versionCommand(),
	)
	root.SetHelpCommand(helpCommand())
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() == "completion" {
			c.Args, c.RunE = noArgs, func(c *cobra.Command, _ []string) error { return c.Help() }
		}
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return fmt.Errorf("%w; `%s --help` lists the flags", err, c.CommandPath())
	})
	return root
}

// helpCommand is cobra's own, but fails for a command that does not exist.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND]", Short: "Say how a command is used",
		RunE: func(c *cobra.Command, args []string) error {
			about, rest, err := c.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return fmt.Errorf("there is no command %q; `%s --help` lists them", strings.Join(args, " "), c.Root().Name())
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}

// noArgs refuses arguments in words that help.
func noArgs(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%s takes no argument, but was given %q; `%s --help` shows its use", c.CommandPath(), strings.Join(args, " "), c.CommandPath())
	}
	return nil
}

// line is a command to type next, for the same environment as this one.
func (a *app) line(command string) string {
	line := "keyedin " + command
	if a.config != defaultConfig {
		line += " --config " + a.config
	}
	if a.sandbox {
		line += " --sandbox"
	}
	return line
}

// user is who runs this, for the lock and the history.
func user() string {
	for _, name := range []string{"KEYEDIN_USER", "USER", "LOGNAME", "USERNAME"} {
		if v := os.Getenv(name); v != "" {
			return v
		}
	}
	if u, err := osuser.Current(); err == nil {
		return u.Username
	}
	return ""
}
