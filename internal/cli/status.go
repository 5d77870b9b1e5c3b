package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/state"
	"github.com/keyedin-app/keyedin-infra/internal/ui"
)

func (a *app) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Show what runs now, and its health", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.runStatus(c.Context()) },
	}
}

func (a *app) runStatus(ctx context.Context) error {
	e, err := a.open(ctx)
	if err != nil {
		return err
	}
	e.sayReading()
	lock := make(chan *state.Holder, 1)
	go func() { lock <- e.holder(ctx) }()
	if err := e.read(ctx); err != nil {
		return err
	}
	if err := e.declare(false); err != nil {
		return err
	}
	p, err := e.plan(ctx, false)
	if err != nil {
		return err
	}
	st, err := e.status(ctx, p)
	if err != nil {
		return err
	}
	st.Lock = <-lock
	if a.JSON {
		return a.Object(st)
	}
	a.Status(st)
	return nil
}

// holder is who holds the lock, nil when nobody does or it cannot be told.
func (e *environment) holder(ctx context.Context) *state.Holder {
	h, held, err := e.store.Inspect(ctx)
	if err != nil || !held {
		return nil
	}
	return &h
}

// status puts a plan, which knows every live object, into a glance.
func (e *environment) status(ctx context.Context, p *engine.Plan) (ui.Status, error) {
	st := ui.Status{Format: 1, Place: e.place(), Ready: true}
	if n := len(e.last.Runs); n > 0 {
		st.Last = &e.last.Runs[n-1]
	}
	var alarms []string
	module := map[string]*ui.Module{}
	for _, address := range e.stack.Addresses() {
		doc, _ := e.stack.Document(address)
		name := doc.Text("$module")
		if module[name] == nil {
			module[name] = &ui.Module{Name: name}
			st.Modules = append(st.Modules, ui.Module{Name: name})
		}
		module[name].Objects++
		o, live := p.Live(address)
		switch {
		case !live:
			st.Ready = false
		case o.Status == engine.Ready:
			module[name].Ready++
		default:
			st.Ready = false
			st.Trouble = append(st.Trouble, strings.TrimSuffix(fmt.Sprintf("%s is %s: %s", address, o.Status, o.Reason), ": "))
		}
		if live && o.Kind == "alarm" {
			alarms = append(alarms, doc.Name())
		}
	}
	for i := range st.Modules {
		st.Modules[i] = *module[st.Modules[i].Name]
	}
	group, _ := p.Live("target-group/main")
	health, err := e.clients.Health(ctx, group.ID, alarms)
	if err != nil {
		return st, e.explain(ctx, err)
	}
	st.Targets, st.Alarms = health.Targets, health.Alarms
	if len(health.Alarms) > 0 || health.Targets["healthy"] == 0 {
		st.Ready = false
	}
	for _, id := range slices.Sorted(maps.Keys(health.Unhealthy)) {
		st.Trouble = append(st.Trouble, fmt.Sprintf("%s does not answer: %s", id, health.Unhealthy[id]))
	}
	if text := e.deploying(ctx, p); text != "" {
		st.Trouble = append(st.Trouble, text)
	}
	e.glance(p, &st)
	if n := missing(e.stack, p); n > 0 {
		st.Trouble = append(st.Trouble, fmt.Sprintf("%d objects are not there; keyedin apply makes them", n))
	}
	return st, nil
}

// glance fills in what people ask for most.
func (e *environment) glance(p *engine.Plan, st *ui.Status) {
	add := func(name, format string, args ...any) {
		st.Facts = append(st.Facts, ui.Fact{Name: name, Text: fmt.Sprintf(format, args...)})
	}
	add("application", "https://%s", e.config.Domain)
	if o, ok := p.Live("load-balancer/main"); ok {
		add("load balancer", "%s, %s", o.Status, text(o.Attrs["dns-name"]))
	}
	if o, ok := p.Live("certificate/main"); ok {
		add("certificate", "%s", o.Status)
	}
	if o, ok := p.Live("hosted-zone/main"); ok {
		st.Nameservers = list(o.Attrs["name-servers"])
		add("nameservers", "%s", strings.Join(st.Nameservers, "\n              "))
	}
	if o, ok := p.Live("auto-scaling-group/application"); ok {
		add("instances", "%s running (%v to %v), %s on an older template", text(o.Attrs["instances"]), o.Document["min"], o.Document["max"], text(o.Attrs["outdated"]))
	}
	if o, ok := p.Live("db-cluster/main"); ok {
		add("database", "%s, %s", o.Status, text(o.Attrs["endpoint"]))
	}
	if o, ok := p.Live("instance/bastion"); ok {
		add("bastion", "%s, %s", o.Status, text(o.Attrs["public-ip"]))
	}
	if o, ok := p.Live("topic/alerts"); ok {
		for _, address := range list(o.Attrs["pending"]) {
			st.Trouble = append(st.Trouble, address+" has not confirmed its subscription to the alerts yet: AWS has sent an e-mail with a link")
		}
	}
}

// missing counts what is declared and not live.
func missing(st *engine.Stack, p *engine.Plan) int {
	n := 0
	for _, address := range st.Addresses() {
		if _, live := p.Live(address); !live {
			n++
		}
	}
	return n
}

func text(v any) string {
	if v == nil {
		return "unknown"
	}
	return fmt.Sprint(v)
}

func list(v any) []string {
	var all []string
	values, _ := v.([]any)
	for _, value := range values {
		all = append(all, fmt.Sprint(value))
	}
	return all
}
