package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/keyedin-app/keyedin-infra/internal/session"
)

func (a *app) runCommand() *cobra.Command {
	var machine string
	var within time.Duration
	c := &cobra.Command{
		Use: "run [flags] -- COMMAND [ARGUMENT]...", Short: "Run a command once, in the application's image",
		Long: `Runs a command in a new container of the release that runs now, with the
application's environment, on one instance. Its output is shown as it comes, and
its exit code is keyedin's. There is no terminal and no standard input; for those
there is keyedin exec.`,
		Example: "  keyedin run -- php artisan cache:clear\n  keyedin run --timeout 4h -- php artisan import:all > report.txt",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return fmt.Errorf("which command? It is `keyedin run -- COMMAND`, for example: %s", a.line("run -- php artisan about"))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if within < session.ShortestRun || within > session.LongestRun || within%time.Second != 0 {
				return fmt.Errorf("--timeout %s: AWS takes whole seconds between %s and %s", within, session.ShortestRun, session.LongestRun)
			}
			o, err := a.operate(c.Context())
			if err != nil {
				return err
			}
			return o.explain(c.Context(), o.oneOff(c.Context(), machine, session.OneOff{Command: args, Within: within}))
		},
	}
	c.Flags().SetInterspersed(false) // what follows the command is its own
	c.Flags().StringVar(&machine, "instance", "", "the `id` of the instance to run on, or its beginning")
	c.Flags().DurationVar(&within, "timeout", time.Hour, "how long it may take")
	_ = c.RegisterFlagCompletionFunc("instance", a.completion(true, instanceNames)) // the flag is there
	return c
}

// oneOff runs a command to its end.
func (o *operation) oneOff(ctx context.Context, name string, c session.OneOff) error {
	if name == session.Bastion {
		return errors.New("the bastion has no release to run in; leave --instance out, or name an instance of the application")
	}
	m, err := o.machines().Find(ctx, name)
	if err != nil {
		return err
	}
	c.Machine = m.ID
	r := session.Runner{SSM: o.clients.SSM, Logs: o.clients.Logs, Group: o.names.Logs, Pause: o.pause}
	id, err := r.Send(ctx, c)
	if err != nil {
		return err
	}
	o.Say("Running on %s as the command %s; Ctrl-C cancels it.", c.Machine, id)
	var stdout, stderr strings.Builder
	out := session.Output{Stdout: o.Pass, Stderr: o.PassError}
	if o.JSON {
		out.Stdout, out.Stderr = into(&stdout), into(&stderr)
	}
	ran, cut, err := r.Watch(ctx, id, c, out)
	if o.stop.asked() {
		return o.cancelRun(ctx, r, id, c)
	}
	if _, none := errors.AsType[*session.NoRelease](err); none {
		return fmt.Errorf("%w. Deploy one with: %s", err, o.line("deploy VERSION"))
	}
	if err != nil {
		return err
	}
	if cut {
		o.Warn("the output was longer than the %d characters that AWS keeps, and the rest of it did not reach the logs", session.Kept)
	}
	if o.JSON {
		err = o.Object(map[string]any{
			"instance": c.Machine, "command-id": id, "exit-code": ran.Code, "stdout": stdout.String(), "stderr": stderr.String(), "truncated": cut,
		})
	}
	if err == nil && ran.Code != 0 {
		o.Say("%s ended with exit code %d.", c.Command[0], ran.Code)
		return &exit{code: ran.Code}
	}
	return err
}

func into(b *strings.Builder) func(string) { return func(text string) { b.WriteString(text) } }

// cancelRun ends a command that nobody waits for any more.
func (o *operation) cancelRun(ctx context.Context, r session.Runner, id string, c session.OneOff) error {
	o.Say("Interrupted: cancelling the command on %s ...", c.Machine)
	if err := r.Cancel(ctx, id); err != nil {
		return &exit{exitInterrupted, fmt.Errorf("the command %s could not be cancelled, and may go on running on %s: %w", id, c.Machine, err)}
	}
	return &exit{exitInterrupted, fmt.Errorf("interrupted: the command was told to end; what it did until now is done")}
}
