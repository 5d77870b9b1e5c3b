package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/keyedin-app/keyedin-infra/internal/architecture"
	"github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/deploy"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/messages"
	"github.com/keyedin-app/keyedin-infra/internal/session"
	"github.com/keyedin-app/keyedin-infra/internal/state"
)

// sent is a message on its way to one place.
type sent struct {
	To   string `json:"to"`
	Host string `json:"host,omitempty"`
	Why  string `json:"error,omitempty"` // it did not arrive; empty: it did
}

// announce tells of what has ended, where the config wants that. It takes a few
// seconds at most, and what goes wrong is no failure of the command.
func (e *environment) announce(ctx context.Context, about string, ev messages.Event) {
	if !slices.Contains(e.config.Messages, about) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), messages.Patience)
	defer cancel()
	defer e.Busy("telling the others")()
	var missed []string
	for _, s := range e.tell(ctx, ev) {
		if s.Why != "" {
			missed = append(missed, s.To+" ("+strings.TrimSpace(s.Host+" "+s.Why)+")")
		}
	}
	if len(missed) > 0 {
		e.Warn("not everybody could be told: %s", joined(missed))
	}
}

// tell sends a message to all webhooks and the alerts' topic at once.
func (e *environment) tell(ctx context.Context, ev messages.Event) []sent {
	var topic, hooks []sent
	var both sync.WaitGroup
	both.Go(func() { topic = e.mail(ctx, ev) })
	both.Go(func() {
		all, err := e.hooks().Values(ctx)
		if err != nil {
			hooks = []sent{{To: "webhooks", Why: late(err)}}
			return
		}
		hooks = call(ctx, all, ev)
	})
	both.Wait()
	return append(hooks, topic...)
}

// hooks is where the webhooks are kept.
func (e *environment) hooks() session.Variables {
	return session.Variables{SSM: e.clients.SSM, Path: architecture.NamesOf(e.config).Webhooks}
}

// mail sends to the alerts' topic. After a destroy there is none.
func (e *environment) mail(ctx context.Context, ev messages.Event) []sent {
	arn := strings.Join([]string{"arn", e.facts.Partition, "sns", e.config.Region, e.facts.Account, architecture.NamesOf(e.config).Alerts}, ":")
	err := session.Topic{SNS: e.clients.SNS, ARN: arn}.Publish(ctx, ev.Subject(), ev.Text())
	switch {
	case err == nil:
		return []sent{{To: "alerts"}}
	case aws.Classify(err) == engine.NotFound:
		return nil
	}
	return []sent{{To: "alerts", Why: late(err)}}
}

// call calls webhooks, all at the same time.
func call(ctx context.Context, all []session.Variable, ev messages.Event) []sent {
	client := messages.Client()
	defer client.CloseIdleConnections()
	list := make([]sent, len(all))
	var wait sync.WaitGroup
	for i, hook := range all {
		wait.Go(func() { list[i] = one(ctx, client, hook, ev) })
	}
	wait.Wait()
	return list
}

func one(ctx context.Context, client *http.Client, hook session.Variable, ev messages.Event) sent {
	s := sent{To: hook.Name, Host: messages.Host(hook.Value)}
	if err := messages.Send(ctx, client, hook.Value, ev.Text()); err != nil {
		s.Why = "cannot be called"
		if refused, ok := errors.AsType[*messages.NotTold](err); ok {
			s.Why = refused.Why
		}
	}
	return s
}

// late puts AWS's errors on one line.
func late(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Sprintf("AWS did not answer within %s", messages.Patience)
	}
	line, _, _ := strings.Cut(aws.Words(err), "\n")
	return line
}

// told is an apply or a destroy that has ended, as a message.
func (e *environment) told(run state.Run) messages.Event {
	outcome := run.Outcome
	if outcome == "waiting" {
		outcome = "done, but something waits for a person"
	}
	details := fmt.Sprintf("%d created, %d changed, %d deleted.", run.Created, run.Updated, run.Deleted)
	if run.Failed > 0 {
		details = fmt.Sprintf("%d failed, %s", run.Failed, details)
	}
	return messages.Event{
		Project: e.config.Name, Environment: e.config.Environment, Command: run.Command, Outcome: outcome,
		Who: run.Who, Took: run.Ended.Sub(run.Started), Details: details,
	}
}

// rolledOut is a deployment that has ended, as a message.
func (e *environment) rolledOut(out deploy.Outcome) messages.Event {
	ev := messages.Event{
		Project: e.config.Name, Environment: e.config.Environment, Command: out.Kind + " " + out.Version, Outcome: out.Status,
		Who: out.By, Took: out.Ended.Sub(out.Started),
	}
	ran := "ran before"
	switch {
	case out.Status == deploy.TakenBack:
		ran = "runs again"
	case out.Deployment == "":
		ran = "runs as before"
		ev.Details = "The command before it failed, and nothing was deployed."
	}
	if out.Previous != "" && out.Previous != out.Version {
		ev.Details = strings.TrimSpace(ev.Details + " " + out.Previous + " " + ran + ".")
	}
	return ev
}
