package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/session"
	"github.com/keyedin-app/keyedin-infra/internal/state"
)

// switching begins the command of a switch, as the history has it.
const switching = "db switch "

func (a *app) dbSwitch() *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use: "switch CLUSTER", Short: "Make another cluster the one in use, by exchanging names",
		Long: `Makes a restored cluster, or the one that was in use before, the one that the
application uses: the two exchange names, so that the endpoints stay the same.
Nothing is deleted; the old one stays beside it and can be switched back to.

The database is away for about 10 minutes, and its password is another
afterwards, which ` + "`keyedin apply --roll`" + ` gives the application.

It can be interrupted or killed at any moment: the same command goes on. Until
then nothing else can be planned or applied.`,
		Example: "  keyedin db switch keyedin-production-from-before-the-import",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return errors.New("it is `keyedin db switch CLUSTER`; `keyedin db clusters` lists them")
			}
			return nil
		},
		ValidArgsFunction: a.completion(false, beside),
		RunE:              func(c *cobra.Command, args []string) error { return a.runSwitch(c.Context(), args[0], yes) },
	}
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}

func (a *app) runSwitch(ctx context.Context, to string, yes bool) error {
	o, shape, err := a.shaped(ctx, switching+to)
	if err != nil {
		return err
	}
	defer func() { o.release(ctx) }()
	ctx = o.held.Context()
	if to == o.names.Database {
		return fmt.Errorf("%s is the cluster in use already; `%s` lists the others", to, o.line("db clusters"))
	}
	s := session.Switch{Databases: o.databases(), To: to, Shape: shape, Now: time.Now()}
	old, fresh, done, err := s.Check(ctx)
	if err != nil {
		return o.explain(ctx, err)
	}
	if !done {
		if err := o.agreeToSwitch(old, fresh, yes); err != nil {
			return err
		}
	}
	record := o.booked(ctx, switching+to)
	err = o.watched(ctx, switching+to, func() error { old, fresh, err = s.Run(ctx); return err })
	if err := record(err); err != nil {
		return o.explain(ctx, err)
	}
	return o.tellSwitch(old, fresh)
}

// agreeToSwitch says what is going to happen and asks for the environment's name.
func (o *operation) agreeToSwitch(old *session.Cluster, fresh session.Cluster, yes bool) error {
	if old != nil {
		o.Say("%s takes the place of %s, which stays beside it under another name.", fresh.Name, old.Name)
	} else {
		o.Say("%s becomes %s; there is no other cluster of that name.", fresh.Name, o.names.Database)
	}
	if from := fresh.Tags[session.TagRestored]; from != "" {
		o.Say("Its data is that of %s: what was written since then is in the old one alone.", from)
	}
	o.Say("The database is away for about 10 minutes, and for the application until `%s` is through.", o.line("apply --roll"))
	if yes {
		return nil
	}
	return o.ask("Switch the database of "+o.config.Environment+"?", o.config.Environment)
}

// booked writes into the history that a command begins, and gives what writes
// how it ended.
func (e *environment) booked(ctx context.Context, command string) func(error) error {
	run := state.Run{
		ID: state.NewID(), Command: command, Who: user(), Host: hostname(), ToolVersion: toolVersion(),
		Started: time.Now().UTC().Truncate(time.Millisecond),
	}
	w := state.NewWriter(context.WithoutCancel(ctx), e.store, e.last)
	book := func() error {
		w.Update(func(s *state.State) { s.Record(run) })
		return w.Flush(context.WithoutCancel(ctx))
	}
	if err := book(); err != nil {
		return func(error) error { return err }
	}
	return func(err error) error {
		run.Ended, run.Outcome = time.Now().UTC().Truncate(time.Millisecond), "done"
		if err != nil {
			run.Outcome = "failed"
			if e.app.stop.asked() {
				run.Outcome = "interrupted"
			}
		}
		return errors.Join(err, book())
	}
}

func (o *operation) tellSwitch(old *session.Cluster, fresh session.Cluster) error {
	if o.JSON {
		return o.Object(map[string]any{"cluster": fresh, "old": old})
	}
	o.Print("%s", fresh.Name)
	o.Say("It is in use now, by the same name and endpoints as ever.")
	o.Say("Its password is another. Give it to the application with: %s", o.line("apply --roll"))
	if old != nil {
		o.Say("The old one is %s. It costs as before, by the hour (%s) and for its storage, until: %s",
			old.Name, hardware(*old), o.line("db drop "+old.Name))
	}
	return nil
}

// halfway is a problem of a plan while the database is being switched: what is
// missing then is not gone, and must not be made anew.
func (e *environment) halfway(ctx context.Context, p *engine.Plan) error {
	for i := len(e.last.Runs) - 1; i >= 0; i-- {
		to, isSwitch := strings.CutPrefix(e.last.Runs[i].Command, switching)
		if !isSwitch {
			continue
		}
		if e.last.Runs[i].Outcome == "done" {
			return nil
		}
		shape, err := e.shape()
		if err != nil || e.last.Objects[shape.Address].ID == "" {
			return err
		}
		s := session.Switch{Databases: e.databases(shape.Cluster.Name), To: to, Shape: shape}
		if half, err := s.Halfway(ctx); !half || err != nil {
			return e.explain(ctx, err)
		}
		p.Problems = append(p.Problems, engine.Note{
			Address: shape.Address, Text: "it is being switched to " + to + ", which was cut short. Go on with: `" + e.line(switching+to) + "`",
		})
		return nil
	}
	return nil
}
