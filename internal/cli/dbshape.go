package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/session"
	"github.com/keyedin-app/keyedin-infra/internal/state"
)

// shaped connects to the environment and says what the config wants its
// database to be like. With a lock for command, nobody else changes anything
// until release.
func (a *app) shaped(ctx context.Context, command string) (o *operation, s session.Shape, err error) {
	e, err := a.open(ctx)
	if err != nil {
		return nil, s, err
	}
	e.sayReading()
	if command == "" {
		err = e.read(ctx)
	} else {
		err = e.explainOpen(ctx, e.lockAndRead(ctx, command))
	}
	if errors.Is(err, state.ErrNoBucket) || err == nil && len(e.last.Objects) == 0 {
		e.release(ctx)
		return nil, s, fmt.Errorf("the environment %s is not there yet.\nMake it with: %s", e.config.Environment, a.line("apply"))
	}
	if err == nil {
		err = e.declare(false)
	}
	if err == nil {
		s, err = e.shape()
	}
	if err != nil {
		e.release(ctx)
		return nil, s, err
	}
	return e.operation(), s, nil
}

// shape is the database of the stack, with the ids of what it is made of filled
// in from the state.
func (e *environment) shape() (session.Shape, error) {
	var s session.Shape
	for _, address := range e.stack.Addresses() {
		kind, role, _ := strings.Cut(address, "/")
		document, _ := e.stack.Document(address)
		switch kind {
		case aws.DBCluster{}.Kind():
			s.Address = address
			if err := json.Unmarshal(document.JSON(), &s.Cluster); err != nil {
				return s, err
			}
		case aws.DBInstance{}.Kind():
			m := session.Member{Role: role, Address: address}
			if err := json.Unmarshal(document.JSON(), &m.Spec); err != nil {
				return s, err
			}
			s.Instances = append(s.Instances, m)
		}
	}
	c := &s.Cluster
	err := errors.Join(known(e.last, &c.SubnetGroup), known(e.last, &c.ParameterGroup))
	for i := range c.SecurityGroups {
		err = errors.Join(err, known(e.last, &c.SecurityGroups[i]))
	}
	return s, err
}

// known fills in the id that an object is recorded with.
func known[K engine.Spec](s state.State, r *engine.Ref[K]) error {
	if r.ID() != "" {
		return nil
	}
	o := s.Objects[r.Address()]
	if o.ID == "" {
		return fmt.Errorf("%s, which the database needs, is not there yet; `keyedin apply` makes it", r.Address())
	}
	*r = engine.ID[K](o.ID)
	return nil
}
