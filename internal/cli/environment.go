package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/config"
	"golang.org/x/sync/errgroup"

	"github.com/keyedin-app/keyedin-infra/internal/architecture"
	"github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/config"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/state"
	"github.com/keyedin-app/keyedin-infra/internal/state/s3"
	"github.com/keyedin-app/keyedin-infra/internal/ui"
)

// environment is the one environment a command works on.
type environment struct {
	*app
	config  config.Config
	clients *aws.Clients
	engine  *engine.Engine
	store   state.Store
	held    state.Held // nil: this command only reads
	facts   aws.Facts
	last    state.State
	// recorded is false when there is no state; bucket when there is no place for one.
	recorded, bucket bool
	made             string // address of the private bucket, if this command made it
	// first is done once a plan was agreed to, before anything of it.
	first func(context.Context) error
	stack *engine.Stack
}

// open reads the config and connects; it makes no call to AWS.
func (a *app) open(ctx context.Context) (*environment, error) {
	c, err := config.Load(a.config)
	if err != nil {
		return nil, err
	}
	if a.sandbox {
		if err := a.useSandbox(ctx); err != nil {
			return nil, err
		}
	}
	clients, err := aws.Connect(ctx, profileFor(c), c.Region)
	var missing sdk.SharedConfigProfileNotExistError
	switch {
	case errors.As(err, &missing):
		return nil, fmt.Errorf("the AWS profile %q of %s is not set up on this machine.\n"+
			"Set it up with: aws configure sso --profile %s (or: aws configure --profile %s),\n"+
			"or set AWS_PROFILE to another one, or try everything locally with --sandbox", c.Profile, a.config, c.Profile, c.Profile)
	case err != nil:
		return nil, fmt.Errorf("the AWS settings of this machine cannot be used: %w", err)
	}
	return &environment{
		app: a, config: c, clients: clients, engine: newEngine(clients),
		store: s3.Open(clients.S3, c.Storage.Private, c.Environment, s3.Options{Account: c.Account}),
	}, nil
}

// profileFor is the profile to load: none where AWS_* variables say who we are.
func profileFor(c config.Config) string {
	for _, name := range []string{
		"AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
	} {
		if os.Getenv(name) != "" {
			return ""
		}
	}
	return c.Profile
}

// reading is what is said when AWS keeps a command waiting.
const reading = "still reading"

// sayReading is the first that a command says, before it asks AWS anything.
func (e *environment) sayReading() {
	e.Say("Reading %s in %s ...", e.config.Environment, e.config.Region)
}

// place names the environment, as far as it is known.
func (e *environment) place() ui.Place {
	return ui.Place{
		Project: e.config.Name, Environment: e.config.Environment,
		Account: cmp.Or(e.facts.Account, e.config.Account), Region: e.config.Region,
	}
}

// read gets all that a plan is made from, beside the world: who and where we
// are, and what is recorded.
func (e *environment) read(ctx context.Context) error {
	defer e.Busy(reading)()
	g, inner := errgroup.WithContext(ctx)
	g.Go(func() (err error) { e.facts, err = e.whereabouts(inner); return err })
	g.Go(func() error { return e.recall(inner) })
	if err := g.Wait(); err != nil {
		return e.explain(ctx, err)
	}
	return e.explain(ctx, e.settle(ctx))
}

// questions are what the architecture has to know of the account.
func (e *environment) questions() aws.Questions {
	c := e.config
	q := aws.Questions{
		Project: c.Name, Environment: c.Environment, Account: c.Account,
		Types: c.App.Instances.Types, Arch: config.Arch(c.App.Instances.Types[0]), Image: c.App.Image,
	}
	if c.Bastion.Type != "none" {
		q.BastionArch = config.Arch(c.Bastion.Type)
		q.Types = append(q.Types[:len(q.Types):len(q.Types)], c.Bastion.Type)
	}
	return q
}

// whereabouts finds out all but the zones: which are in use, the state knows
// best.
func (e *environment) whereabouts(ctx context.Context) (aws.Facts, error) {
	return e.clients.Facts(ctx, e.questions())
}

// settle checks what was read, and completes it.
func (e *environment) settle(ctx context.Context) error {
	if err := e.belongs(); err != nil {
		return err
	}
	if len(e.facts.Zones) > 0 && !e.recorded {
		return nil
	}
	return e.chooseZones(ctx)
}

func (e *environment) chooseZones(ctx context.Context) (err error) {
	q := e.questions()
	q.Zones, q.Used = e.config.Network.Zones, e.zonesUsed()
	e.facts.Zones, err = e.clients.Zones(ctx, q)
	return err
}

// zonesUsed are the zones of the recorded subnets, in their order.
func (e *environment) zonesUsed() []string {
	used := make([]string, e.config.Network.Zones)
	for address, o := range e.last.Objects {
		n, ok := aws.SubnetPosition(address)
		if !ok || n >= len(used) {
			continue
		}
		if doc, err := engine.Parse(o.Document); err == nil {
			used[n] = doc.Text("zone")
		}
	}
	return used
}

// recall reads the state, or starts one where there is none.
func (e *environment) recall(ctx context.Context) (err error) {
	e.last, err = e.store.Get(ctx)
	e.recorded, e.bucket = err == nil, !errors.Is(err, state.ErrNoBucket)
	if errors.Is(err, state.ErrNone) {
		return nil
	}
	return err
}

// belongs refuses a state of something else under the same name.
func (e *environment) belongs() error {
	if !e.recorded {
		e.last = state.New(e.config.Name, e.config.Environment, e.facts.Account, e.config.Region)
		return nil
	}
	for _, fact := range []struct{ what, recorded, now string }{
		{"project", e.last.Project, e.config.Name},
		{"account", e.last.Account, e.facts.Account},
		{"region", e.last.Region, e.config.Region},
	} {
		if fact.recorded != fact.now {
			return fmt.Errorf("the environment %s recorded in bucket %s is of %s %s, but this would be %s %s.\n"+
				"Choose another environment name or another storage.private, or the %s as it was",
				e.config.Environment, e.config.Storage.Private, fact.what, fact.recorded, fact.what, fact.now, fact.what)
		}
	}
	return nil
}

// available refuses a config that asks for what is not built yet.
func (e *environment) available() error {
	if faults := e.config.Unavailable(); len(faults) > 0 {
		return &config.Faults{List: faults}
	}
	for _, n := range e.config.Notices() {
		e.Warn("%s", n)
	}
	return nil
}

// declare builds the stack of the config.
func (e *environment) declare(makeKey bool) error {
	key, err := e.bastionKey(makeKey)
	if err != nil {
		return err
	}
	e.stack = architecture.Build(e.config, e.facts, architecture.Keys{Bastion: key})
	return nil
}

// plan observes the world and compares. A destroy converges to the empty
// stack, and looks for all that the config would want.
func (e *environment) plan(ctx context.Context, destroy bool) (*engine.Plan, error) {
	done := e.Busy(reading)
	world, err := e.engine.Observe(ctx, e.stack, e.last)
	done()
	if err != nil {
		return nil, e.explain(ctx, err)
	}
	want, hints := e.stack, (*engine.Stack)(nil)
	if destroy {
		want, hints = e.stack.Empty(), e.stack
	}
	p := e.engine.Plan(want, e.last, world, hints)
	if text := e.deploying(ctx, p); text != "" {
		p.Notes = append(p.Notes, engine.Note{Address: fleet, Text: text})
	}
	return p, e.halfway(ctx, p)
}

// explain puts what AWS said into words that say what to do.
func (e *environment) explain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if locked, ok := errors.AsType[*state.LockedError](err); ok {
		return &exit{exitLocked, locked}
	}
	if errors.Is(err, state.ErrDenied) {
		return e.clients.ExplainBucket(ctx, e.config.Storage.Private, "storage.private", err)
	}
	return e.clients.Explain(ctx, err)
}

// lock makes this run the only one at work; release is called in any case.
func (e *environment) lock(ctx context.Context, command string) (err error) {
	e.held, err = e.store.Lock(ctx, state.Holder{Who: user(), Command: "keyedin " + command, ToolVersion: toolVersion()})
	return err
}

func (e *environment) release(ctx context.Context) {
	if e.held == nil {
		return
	}
	err := e.held.Release(context.WithoutCancel(ctx))
	if _, denied := errors.AsType[*state.DeleteDeniedError](err); denied {
		return // checkRelease has said so
	}
	if err != nil && !errors.Is(err, state.ErrLockLost) { // its loss was said when it happened
		e.Warn("the lock could not be released (%s).\nIt falls by itself a minute after the last heartbeat, or with: keyedin unlock", aws.Words(err))
	}
}

// joined is a list in words.
func joined(all []string) string { return strings.Join(all, ", ") }

func newEngine(c *aws.Clients) *engine.Engine {
	e := engine.New(aws.Kinds(c), aws.Classify)
	e.Words = aws.Words
	return e
}
