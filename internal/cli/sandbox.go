package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox"
)

func (a *app) sandboxCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "sandbox", Short: "A local AWS to try everything on",
		Long: `Runs a local AWS on this machine, in memory: nothing to pay, no account. Every
command works on it with --sandbox, which starts it if needed. It needs
Python 3.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.sandboxUp(), a.sandboxDown(), a.sandboxStatus(), a.sandboxFront())
	return c
}

func (a *app) sandboxUp() *cobra.Command {
	var o sandbox.Options
	var foreground bool
	c := &cobra.Command{
		Use: "up", Short: "Start it, in the background", Args: noArgs,
		Long: `Starts a local AWS in the background, unless one runs.

With --stern it behaves on a bad day as the real AWS does, a hundred times as
fast: fresh objects are not seen everywhere at once, load balancers and
databases take their time and leave interfaces behind, calls are throttled at
the published rates, some fail, and the answers of some are lost.`,
		Example: "  keyedin sandbox up\n  keyedin sandbox up --stern\n  keyedin sandbox up --listen 127.0.0.1:4599 --foreground",
		RunE: func(c *cobra.Command, _ []string) error {
			o.Log, o.Verbose = a.Err, a.Verbose
			if foreground {
				o.Ready = func(s sandbox.Status) { a.Say("The sandbox answers at %s. Ctrl-C ends it.", s.URL) }
				return sandbox.Foreground(c.Context(), o)
			}
			s, err := a.start(c.Context(), o)
			if err != nil {
				return err
			}
			return a.sayWhere(s)
		},
	}
	c.Flags().StringVar(&o.Listen, "listen", "", "`address` to listen on (default "+sandbox.DefaultListen+" or any)")
	c.Flags().BoolVar(&o.Stern, "stern", false, "behave as AWS on a bad day: slow, throttled, lossy")
	c.Flags().BoolVar(&foreground, "foreground", false, "stay in the foreground until interrupted")
	return c
}

// sandboxFront is the part of a stern sandbox that runs apart from its server.
func (a *app) sandboxFront() *cobra.Command {
	var listen, server string
	var pid int
	c := &cobra.Command{
		Use: "front", Short: "Make the weather before a stern sandbox", Args: noArgs, Hidden: true,
		RunE: func(c *cobra.Command, _ []string) error { return sandbox.Front(c.Context(), listen, server, pid) },
	}
	c.Flags().StringVar(&listen, "listen", "", "the `address` to listen on")
	c.Flags().StringVar(&server, "server", "", "the `URL` of the server")
	c.Flags().IntVar(&pid, "pid", 0, "end with this `process`")
	return c
}

func (a *app) sandboxDown() *cobra.Command {
	return &cobra.Command{
		Use: "down", Short: "End it, with all that was built on it", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, ran, err := sandbox.Down(c.Context())
			switch {
			case err != nil:
				return err
			case a.JSON:
				return a.Object(map[string]any{"ended": ran, "url": s.URL})
			case !ran:
				a.Print("No sandbox runs.")
			default:
				a.Print("The sandbox at %s has ended.", s.URL)
			}
			return nil
		},
	}
}

func (a *app) sandboxStatus() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Say where it runs", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, runs, err := sandbox.Find(c.Context())
			switch {
			case err != nil:
				return err
			case runs:
				return a.sayWhere(s)
			case a.JSON:
				return a.Object(map[string]any{"runs": false})
			}
			a.Print("No sandbox runs. Start one with: keyedin sandbox up")
			return nil
		},
	}
}

func (a *app) sayWhere(s sandbox.Status) error {
	if a.JSON {
		return a.Object(map[string]any{
			"runs": true, "url": s.URL, "pid": s.PID, "since": s.Since, "foreground": s.Foreground, "log": s.Log,
			"outdated": s.Outdated(), "env": s.Env(),
		})
	}
	a.Print("The sandbox runs at %s, since %s.", s.URL, s.Since.Local().Format("15:04:05"))
	a.Print("For other AWS tools:")
	for _, v := range s.Env() {
		a.Print("  export %s", v)
	}
	return nil
}

// start starts the local AWS unless it runs; that takes a moment.
func (a *app) start(ctx context.Context, o sandbox.Options) (sandbox.Status, error) {
	if _, runs, err := sandbox.Find(ctx); err == nil && !runs {
		a.Say("Starting the sandbox ...")
	}
	return sandbox.Up(ctx, o)
}

// useSandbox leads everything that connects from here on to the local AWS.
func (a *app) useSandbox(ctx context.Context) error {
	s, err := a.start(ctx, sandbox.Options{Log: a.Err})
	if err != nil {
		return err
	}
	return s.Enter()
}
