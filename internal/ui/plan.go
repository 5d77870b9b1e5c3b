package ui

import (
	"fmt"
	"io"
	"strings"

	"charm.land/lipgloss/v2"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// Place is the environment a plan is for.
type Place struct {
	Project     string `json:"project"`
	Environment string `json:"environment"`
	Account     string `json:"account"`
	Region      string `json:"region"`
}

func (p Place) String() string {
	return fmt.Sprintf("%s %s · account %s · %s", p.Project, p.Environment, p.Account, p.Region)
}

// marks are how actions are shown.
var marks = map[engine.Action]struct {
	sign  string
	style lipgloss.Style
}{
	engine.Create:  {"+", good},
	engine.Update:  {"~", change},
	engine.Replace: {"±", bad},
	engine.Delete:  {"-", bad},
	engine.Await:   {"…", faint},
}

// Plan writes a plan for people: grouped by module, with causes and effects.
func (s Streams) Plan(place Place, p *engine.Plan) {
	w := s.Out
	fmt.Fprintln(w, strong.Render(place.String()))
	for _, module := range modules(p.Changes) {
		fmt.Fprintf(w, "\n%s\n", strong.Render(module))
		for _, c := range p.Changes {
			if name(c) == module {
				s.change(w, c)
			}
		}
	}
	if len(p.Recovered) > 0 {
		fmt.Fprintf(w, "\n%s\n", wrap(fmt.Sprintf(
			"Found in AWS and not recorded, taken up again: %s.", strings.Join(Few(p.Recovered, 8), ", ")), ""))
	}
	s.notes(w, p)
	fmt.Fprintf(w, "\n%s\n", strong.Render(Counts(p)))
}

func (s Streams) notes(w io.Writer, p *engine.Plan) {
	if len(p.Notes) > 0 {
		fmt.Fprintln(w)
	}
	for _, n := range p.Notes {
		fmt.Fprintln(w, styled(faint, wrap(n.Address+": "+n.Text, "  ")))
	}
	for _, n := range p.Problems {
		fmt.Fprintf(w, "\n%s %s\n", bad.Render("Problem:"), strings.TrimLeft(wrap(n.Address+": "+n.Text, "         "), " "))
	}
}

// Counts is a plan in one line.
func Counts(p *engine.Plan) string {
	if p.Empty() {
		if n := p.Count(engine.Await); n > 0 {
			return fmt.Sprintf("Plan: nothing to change, %d to wait for.", n)
		}
		return "Plan: nothing to change. AWS is as the config wants it."
	}
	text := fmt.Sprintf("Plan: %d to create, %d to change, %d to replace, %d to delete",
		p.Count(engine.Create), p.Count(engine.Update), p.Count(engine.Replace), p.Count(engine.Delete))
	if n := p.Count(engine.Await); n > 0 {
		text += fmt.Sprintf(", %d to wait for", n)
	}
	return text + "."
}

func (s Streams) change(w io.Writer, c engine.Change) {
	mark := marks[c.Action]
	line := fmt.Sprintf("  %s %s", mark.style.Render(mark.sign), c.Address)
	if c.Reason != "" {
		line += faint.Render("  " + c.Reason)
	}
	fmt.Fprintln(w, line)
	for _, f := range c.Fields {
		s.field(w, f)
	}
	if s.Verbose && c.Action == engine.Create {
		for _, line := range c.Describe() {
			fmt.Fprintln(w, faint.Render("      "+line))
		}
	}
	switch {
	case c.Effect.Level >= engine.Downtime:
		fmt.Fprintln(w, styled(bad, wrap(c.Effect.Text, "      → ")))
	case c.Effect.Text != "":
		fmt.Fprintln(w, wrap(c.Effect.Text, "      → "))
	}
}

func (s Streams) field(w io.Writer, f engine.FieldChange) {
	before, after := value(f.Before), value(f.After)
	cause := string(f.Cause)
	if f.Replaces {
		cause += "; cannot be changed in place"
	}
	text := fmt.Sprintf("%s: %s → %s", f.Field, before, after)
	if len([]rune(before))+len([]rune(after)) > 52 && !s.Verbose {
		text = f.Field + ": " + difference(f.Before, f.After)
	}
	fmt.Fprintf(w, "      %s %s\n", text, faint.Render("("+cause+")"))
}

// Few shortens a list for people.
func Few(all []string, n int) []string {
	if len(all) <= n {
		return all
	}
	return append(all[:n:n], fmt.Sprintf("and %d more", len(all)-n))
}

// modules are the groups of the changes, in order of first appearance.
func modules(changes []engine.Change) []string {
	var order []string
	seen := map[string]bool{}
	for _, c := range changes {
		if m := name(c); !seen[m] {
			seen[m] = true
			order = append(order, m)
		}
	}
	return order
}

func name(c engine.Change) string {
	if c.Module == "" {
		return "other"
	}
	return c.Module
}

// PlanObject is a plan for programs.
type PlanObject struct {
	Format int `json:"format"`
	Place
	Serial int64          `json:"serial"`
	Digest string         `json:"digest"`
	Counts map[string]int `json:"counts"`
	*engine.Plan
}

// NewPlanObject makes a plan readable for programs.
func NewPlanObject(place Place, p *engine.Plan) PlanObject {
	return PlanObject{Format: 1, Place: place, Serial: p.Last().Serial, Digest: p.Digest(), Plan: p, Counts: map[string]int{
		"create": p.Count(engine.Create), "change": p.Count(engine.Update), "replace": p.Count(engine.Replace),
		"delete": p.Count(engine.Delete), "wait": p.Count(engine.Await),
	}}
}
