package cli

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

var errDeclined = errors.New("not confirmed; nothing was changed")

// consent is what a person agreed to before being asked.
type consent struct {
	yes  bool
	lose []string // addresses whose data may be lost
	// lift allows to take away what is protected from deletion.
	lift bool
}

func (c *consent) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVarP(&c.yes, "yes", "y", false, "do not ask")
	cmd.Flags().StringArrayVar(&c.lose, "lose", nil, "agree to lose the data of the object with this `address`")
}

// agree asks for what was not agreed to before.
func (e *environment) agree(p *engine.Plan, agreed consent, word string) error {
	for _, c := range p.Changes {
		if c.Effect.Level != engine.DataIsLost {
			continue
		}
		if c.Protected() && !agreed.lift {
			return fmt.Errorf("%s is protected from deletion; lift that first, with an apply of database.protect: false", c.Address)
		}
		if word != "" || slices.Contains(agreed.lose, c.Address) {
			continue
		}
		if !e.Asks {
			return fmt.Errorf("%s: %s\nIf that is meant, say so with --lose %s, whatever --yes says", c.Address, c.Effect.Text, c.Address)
		}
		if err := e.ask(c.Address+": "+c.Effect.Text, c.Address); err != nil {
			return err
		}
	}
	if p.Empty() || agreed.yes {
		return nil
	}
	if word == "" {
		return e.ask("Do it?", "yes")
	}
	return e.ask("Everything above will be gone. Destroy it?", word)
}

func (e *environment) ask(question, word string) error {
	if !e.Asks {
		return fmt.Errorf("nobody is at the terminal to be asked: %s\nSay --yes to go on without a question", question)
	}
	declined := make(chan error, 1)
	go func() {
		ok, err := e.Confirm(question, word)
		if err == nil && !ok {
			err = errDeclined
		}
		declined <- err
	}()
	select {
	case err := <-declined:
		return err
	case <-e.app.stop.first: // the answer may never come
		e.Say("")
		return errInterrupted
	}
}
