package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/ui"
)

// planFormat is the format of saved plans this binary writes and reads.
const planFormat = 1

// savedPlan is what `plan --out` writes: digests of what was wanted, recorded
// and live, and what was shown. No value of any object is in it.
type savedPlan struct {
	Format int `json:"keyedin-plan"`
	ui.Place
	ToolVersion string            `json:"tool-version"`
	Lineage     string            `json:"lineage,omitempty"` // of the state; empty: there was none
	Made        time.Time         `json:"made"`
	Digest      string            `json:"digest"`
	Digests     map[string]string `json:"digests"`
	Shown       string            `json:"shown"`
}

// save writes a plan to a file that only its owner may read.
func (e *environment) save(path string, p *engine.Plan) error {
	var shown bytes.Buffer
	plain := e.Streams
	plain.Out = &shown
	plain.Plan(e.place(), p)
	s := savedPlan{
		Format: planFormat, Place: e.place(), ToolVersion: toolVersion(), Made: time.Now().UTC().Truncate(time.Second),
		Digests: p.Digests, Shown: shown.String(),
	}
	if e.recorded {
		s.Lineage = e.last.Lineage
	}
	s.Digest = s.digest()
	raw, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, append(raw, '\n'), 0o600); err != nil {
		return fmt.Errorf("the plan cannot be written: %w", err)
	}
	return nil
}

// ownDoing reports whether an object moved because this very command made the
// private bucket, before which the plan was held against AWS.
func (e *environment) ownDoing(address string) bool {
	doc, _ := e.stack.Document(address)
	return e.made != "" && (address == e.made || slices.Contains(doc.Edges(), e.made))
}

// digest identifies this very plan: two plans made at different times are two.
func (s savedPlan) digest() string {
	raw, _ := json.Marshal([]any{s.Place, s.Lineage, s.Made, s.Digests}) // plain data
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

func loadPlan(path string) (*savedPlan, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the saved plan cannot be read: %w", err)
	}
	var s savedPlan
	switch err := json.Unmarshal(raw, &s); {
	case err != nil || s.Format == 0:
		return nil, fmt.Errorf("%s is not a plan that `keyedin plan --out` wrote; make one, or type `keyedin apply` without a file", path)
	case s.Format > planFormat:
		return nil, fmt.Errorf("%s was written by a newer keyedin (%s); plan again with this one", path, s.ToolVersion)
	case s.Digest != s.digest():
		return nil, fmt.Errorf("%s was changed after it was written; plan again", path)
	}
	return &s, nil
}

// fits refuses a saved plan for another environment before anything is asked of
// AWS; holds looks at the account too.
func (e *environment) fits(s savedPlan) error {
	here := e.place()
	here.Account = s.Account
	if s.Place != here {
		return fmt.Errorf("the saved plan is for %s %s in %s, but %s describes %s %s in %s",
			s.Project, s.Environment, s.Region, e.app.config, here.Project, here.Environment, here.Region)
	}
	return nil
}

// stillHolds is holds for a plan from before there was a private bucket: it is
// asked before that is made.
func (e *environment) stillHolds(ctx context.Context, s savedPlan) error {
	if err := e.belongs(); err != nil {
		return err
	}
	if err := e.declare(true); err != nil {
		return err
	}
	p, err := e.plan(ctx, false)
	if err != nil {
		return err
	}
	return e.holds(ctx, s, p)
}

// holds refuses a saved plan when anything of it moved, or it was used before.
func (e *environment) holds(ctx context.Context, s savedPlan, p *engine.Plan) error {
	place := e.place()
	switch {
	case s.Place != place:
		return fmt.Errorf("the saved plan is for %s, not for %s", s.Place, place)
	case e.recorded && e.last.HasApplied(s.Digest):
		return errors.New("this plan was applied before; plan again")
	case e.recorded && s.Lineage != "" && s.Lineage != e.last.Lineage:
		return errors.New("the state was made anew since this plan; plan again")
	}
	if moved := slices.DeleteFunc(engine.Moved(s.Digests, p.Digests), e.ownDoing); len(moved) > 0 {
		return fmt.Errorf("something moved since the plan was made: %s.%s\nLook at it again with: %s",
			joined(ui.Few(moved, 8)), e.movers(ctx, moved, s.Made), e.line("plan"))
	}
	return nil
}
