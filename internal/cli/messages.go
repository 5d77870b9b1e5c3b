package cli

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/keyedin-app/keyedin-infra/internal/messages"
	"github.com/keyedin-app/keyedin-infra/internal/session"
)

func (a *app) messagesCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "messages", Short: "Tell a chat, and by mail, of what has ended",
		Long: `Applies and deployments can say in a chat how they ended, and by mail to those
in alerts. What they tell of is the key messages in the config. The address of a
webhook lets anybody write to the chat, so it is kept like a password: encrypted,
out of the application's sight, and shown by no command.`,
		Args: noArgs, RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.messagesList(), a.messagesSet(), a.messagesTest(), a.messagesUnset())
	return c
}

// onMessages is a subcommand of messages that takes between least and most names.
func (a *app) onMessages(use, short string, least, most int, run func(*operation, context.Context, []string) error) *cobra.Command {
	c := &cobra.Command{
		Use: use, Short: short,
		Args: func(c *cobra.Command, args []string) error { return hookNames(c, args, least, most) },
		RunE: func(c *cobra.Command, args []string) error {
			o, err := a.operate(c.Context())
			if err != nil {
				return err
			}
			o.sayReading()
			return o.explain(c.Context(), run(o, c.Context(), args))
		},
	}
	if most > 0 {
		c.ValidArgsFunction = a.completion(true, webhookNames)
	}
	return c
}

var hookName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,31}$`)

// hookNames never says what was typed: it may be an address.
func hookNames(c *cobra.Command, args []string, least, most int) error {
	if slices.ContainsFunc(args, func(arg string) bool { return strings.Contains(arg, "://") }) {
		return errors.New("an address is not typed on the command line, where others can read it: type `keyedin messages set NAME`, and it is asked for.\n" +
			"This one is in your shell's history now; have the chat make another")
	}
	if err := between(c, args, least, most); err != nil {
		return err
	}
	for i, arg := range args {
		if !hookName.MatchString(arg) {
			return fmt.Errorf("argument %d is no name for a webhook: a letter, then at most 31 letters, digits and _, such as team", i+1)
		}
	}
	return nil
}

// webhookNames are the webhooks there are.
func webhookNames(o *operation, ctx context.Context) ([]string, error) {
	return o.hooks().Names(ctx)
}

// hook is a webhook as it may be shown.
type hook struct {
	Name    string `json:"name"`
	Host    string `json:"host"`
	Changed string `json:"changed"`
}

func (a *app) messagesList() *cobra.Command {
	return a.onMessages("list", "List the webhooks, by name and host", 0, 0, func(o *operation, ctx context.Context, _ []string) error {
		all, err := o.hooks().Values(ctx)
		if err != nil {
			return err
		}
		list := []hook{}
		for _, v := range all {
			list = append(list, hook{v.Name, messages.Host(v.Value), v.Changed.UTC().Format(day)})
		}
		if o.JSON {
			return o.Object(map[string]any{"webhooks": list, "tell-of": append([]string{}, o.config.Messages...), "topic": o.names.Alerts})
		}
		if len(list) == 0 {
			o.Print("%s has no webhook. Set one with: %s", o.config.Environment, o.line("messages set NAME"))
		}
		for _, h := range list {
			o.Print("%-20s %-32s %s", h.Name, h.Host, h.Changed)
		}
		o.listening()
		return nil
	})
}

// listening says what messages are about.
func (o *operation) listening() {
	if len(o.config.Messages) == 0 {
		o.Say("Nothing is sent to them yet. Set messages in %s to [apply, deploy], or to one of these.", o.app.config)
		return
	}
	o.Say("They are told of: %s. So are those in alerts, by mail.", joined(o.config.Messages))
}

func (a *app) messagesSet() *cobra.Command {
	c := a.onMessages("set NAME", "Keep the address of a webhook", 1, 1, func(o *operation, ctx context.Context, args []string) error {
		address, err := o.Secret("Address of the webhook " + args[0])
		if err != nil {
			return err
		}
		address = strings.TrimSpace(address)
		if err := messages.Check(address); err != nil {
			return err
		}
		if err := o.hooks().Set(ctx, args[0], address); err != nil {
			return err
		}
		if o.JSON {
			return o.Object(map[string]string{"name": args[0], "host": messages.Host(address)})
		}
		o.Print("%s writes to %s. Try it with: %s", args[0], messages.Host(address), o.line("messages test "+args[0]))
		o.listening()
		return nil
	})
	c.Long = `Keeps the address of a webhook under a name. It is asked for at the terminal,
without an echo, or read from standard input, so that it is in no shell history.
Webhooks of Slack and Mattermost are taken as they are; that of Discord with
/slack at its end.`
	c.Example = "  keyedin messages set team\n  keyedin messages set team < address.txt"
	return c
}

func (a *app) messagesTest() *cobra.Command {
	return a.onMessages("test [NAME]", "Send a message, to all or to one webhook", 0, 1, func(o *operation, ctx context.Context, args []string) error {
		all, err := o.hooks().Values(ctx)
		if err != nil {
			return err
		}
		if len(args) == 1 {
			if all = slices.DeleteFunc(all, func(v session.Variable) bool { return v.Name != args[0] }); len(all) == 0 {
				return noHook(args[0])
			}
		}
		ctx, cancel := context.WithTimeout(ctx, messages.Patience)
		defer cancel()
		ev := messages.Test(o.config.Name, o.config.Environment, user())
		list := call(ctx, all, ev)
		if len(args) == 0 {
			list = append(list, o.mail(ctx, ev)...)
		}
		return o.arrived(list)
	})
}

// arrived says who was told, and fails when one was not.
func (o *operation) arrived(list []sent) error {
	missed := 0
	for _, s := range list {
		if s.Why != "" {
			missed++
		}
		switch {
		case o.JSON:
		case s.Why != "":
			o.Print("%-20s %s", s.To, strings.TrimSpace(s.Host+" "+s.Why))
		default:
			o.Print("%-20s told", s.To)
		}
	}
	var err error
	if missed > 0 {
		err = fmt.Errorf("%d of %d could not be told", missed, len(list))
	}
	if !o.JSON {
		return err
	}
	object := map[string]any{"sent": append([]sent{}, list...)}
	if err == nil {
		return o.Object(object)
	}
	object["error"], object["exit-code"] = err.Error(), exitFailed
	o.Fail(err)
	return errors.Join(o.Object(object), &exit{code: exitFailed})
}

func (a *app) messagesUnset() *cobra.Command {
	var yes bool
	c := a.onMessages("unset NAME...", "Forget webhooks", 1, several, func(o *operation, ctx context.Context, args []string) error {
		have, err := o.hooks().List(ctx)
		if err != nil {
			return err
		}
		for _, name := range args {
			if !slices.ContainsFunc(have, func(v session.Variable) bool { return v.Name == name }) {
				return noHook(name)
			}
		}
		if !yes {
			if err := o.ask("Forget "+joined(args)+" for good?", "yes"); err != nil {
				return err
			}
		}
		if err := o.hooks().Unset(ctx, args); err != nil {
			return err
		}
		if o.JSON {
			return o.Object(map[string]any{"removed": args})
		}
		o.Print("Forgot %s. The chat goes on to take its address: remove it there too.", joined(args))
		return nil
	})
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}

func noHook(name string) error {
	return fmt.Errorf("there is no webhook %s; `keyedin messages list` lists them", name)
}
