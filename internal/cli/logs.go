package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/keyedin-app/keyedin-infra/internal/architecture"
	"github.com/keyedin-app/keyedin-infra/internal/config"
	"github.com/keyedin-app/keyedin-infra/internal/session"
	"github.com/keyedin-app/keyedin-infra/internal/ui"
)

// logFlags are the flags of logs.
type logFlags struct {
	follow             bool
	since, until, grep string
	groups             []string
	limit              int
}

const (
	applicationLogs = "application"
	systemLogs      = "system"
	everyLog        = "all"
)

func (a *app) logsCommand() *cobra.Command {
	var f logFlags
	c := &cobra.Command{
		Use: "logs", Short: "What the application, its machines and the database write",
		Long: `Shows what was logged, in the order of time. With --follow it goes on until
Ctrl-C. With --json each entry is an object on a line of its own.`,
		Example: "  keyedin logs --since 15m\n  keyedin logs -f --grep ERROR\n  keyedin logs --group database-slowquery --since 2d",
		Args:    noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if f.limit < 1 {
				return fmt.Errorf("--limit %d: at least one entry has to be asked for", f.limit)
			}
			if f.follow && f.until != "" {
				return fmt.Errorf("--follow has no end: leave --until out")
			}
			now := time.Now().UTC()
			q := session.LogQuery{Grep: f.grep, Limit: f.limit}
			var err error
			if q.Since, err = session.ParseSince(f.since, now); err != nil {
				return fmt.Errorf("--since %w", err)
			}
			if f.until != "" {
				if q.Until, err = session.ParseSince(f.until, now); err != nil {
					return fmt.Errorf("--until %w", err)
				}
				if !q.Until.After(q.Since) {
					return fmt.Errorf("--until %s is not after --since %s", f.until, f.since)
				}
			}
			o, err := a.operate(c.Context())
			if err != nil {
				return err
			}
			return o.explain(c.Context(), o.showLogs(c.Context(), f, q))
		},
	}
	flags := c.Flags()
	flags.BoolVarP(&f.follow, "follow", "f", false, "go on with what is written from now on")
	flags.StringVar(&f.since, "since", "1h", "from how long ago, or from which `time` in UTC")
	flags.StringVar(&f.until, "until", "", "up to how long ago, or to which `time` in UTC")
	flags.StringVar(&f.grep, "grep", "", "only what holds this `text`")
	flags.StringSliceVar(&f.groups, "group", nil, "application (if none is given), system, database-..., all")
	flags.IntVar(&f.limit, "limit", 10000, "how many entries at most, the earliest first")
	_ = c.RegisterFlagCompletionFunc("group", a.completeLogs) // the flag is there
	return c
}

// logs are the environment's log groups by short names.
func (o *operation) logs() session.Logs {
	return session.Logs{Logs: o.clients.Logs, Pause: o.pause, Groups: append([]session.LogGroup{
		{Short: applicationLogs, Name: o.names.Logs}, {Short: systemLogs, Name: o.names.SystemLogs},
	}, databaseLogs(o.names.DatabaseLogs)...)}
}

// databaseLogs are named by their last part, which is the kind of log.
func databaseLogs(names []string) []session.LogGroup {
	var all []session.LogGroup
	for _, name := range names {
		all = append(all, session.LogGroup{Short: "database-" + name[strings.LastIndex(name, "/")+1:], Name: name})
	}
	return all
}

func (o *operation) showLogs(ctx context.Context, f logFlags, q session.LogQuery) error {
	switch {
	case len(f.groups) == 0:
		q.Groups = []string{applicationLogs}
	case !slices.Contains(f.groups, everyLog):
		q.Groups = f.groups
	}
	several, n := len(q.Groups) != 1, 0
	show := func(e session.LogEvent) {
		n++
		o.logEvent(e, several)
	}
	if f.follow {
		if !o.JSON {
			o.Say("Following %s from %s on; Ctrl-C ends it.", o.config.Environment, q.Since.Format(day))
		}
		return o.logs().Follow(ctx, q, show)
	}
	more, err := o.logs().Read(ctx, q, show)
	switch {
	case err != nil:
		return err
	case more:
		o.Warn("there is more: only the earliest %d entries are shown. Narrow it with --grep or --until, go on with a later --since, or raise --limit", f.limit)
	case n == 0:
		o.Say("Nothing was logged from %s on%s.", q.Since.Format(day), holding(q.Grep))
	}
	return nil
}

func holding(text string) string {
	if text == "" {
		return ""
	}
	return fmt.Sprintf(" that holds %q", text)
}

// logEvent shows one.
func (o *operation) logEvent(e session.LogEvent, several bool) {
	if o.JSON {
		_ = o.JSONLine(e) // a closed pipe ends the program by itself
		return
	}
	line := ui.LogLine{Time: e.Time, Stream: session.ShortStream(e.Stream), Text: e.Text}
	if several {
		line.Group = e.Group
	}
	o.Log(line)
}

// completeLogs needs no call to AWS: the config decides which groups there are.
func (a *app) completeLogs(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	c, err := config.Load(a.config)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names := []string{applicationLogs, systemLogs, everyLog}
	for _, g := range databaseLogs(architecture.NamesOf(c).DatabaseLogs) {
		names = append(names, g.Short)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
