package enginetest

import (
	"fmt"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// Template counts its versions, and what is made from it follows the newest,
// like a launch template.
type Template struct {
	Name string `json:"name"`
	Body string `json:"body"`
}

// Kind implements engine.Spec.
func (Template) Kind() string { return "template" }

// Fixed implements engine.Fixer.
func (Template) Fixed() []string { return []string{"name"} }

// Volatile implements engine.Volatile.
func (Template) Volatile() []string { return []string{"version"} }

// Fleet runs the newest version of a template, like an Auto Scaling group.
type Fleet struct {
	Name     string               `json:"name"`
	Template engine.Ref[Template] `json:"template"`
	Version  engine.Value[string] `json:"version"`
}

// Kind implements engine.Spec.
func (Fleet) Kind() string { return "fleet" }

// Ticket may wait for a person, and is of use before that, like a certificate
// with its validation records.
type Ticket struct {
	Domain string `json:"domain"`
}

// Kind implements engine.Spec.
func (Ticket) Kind() string { return "ticket" }

// Fixed implements engine.Fixer.
func (Ticket) Fixed() []string { return []string{"domain"} }

// Identity implements engine.Identified.
func (Ticket) Identity() engine.Class { return engine.Tokened }

// Early implements engine.Eager.
func (Ticket) Early() bool { return true }

// Base carries the environment and is not replaced, like a VPC.
type Base struct {
	Range string `json:"range"`
}

// Kind implements engine.Spec.
func (Base) Kind() string { return "base" }

// Fixed implements engine.Fixer.
func (Base) Fixed() []string { return []string{"range"} }

// Identity implements engine.Identified.
func (Base) Identity() engine.Class { return engine.Tagged }

// Instead implements engine.Foundation.
func (Base) Instead() string { return "make a second environment and move there" }

// Vault is never destroyed.
type Vault struct {
	Name string `json:"name"`
}

// Kind implements engine.Spec.
func (Vault) Kind() string { return "vault" }

// Fixed implements engine.Fixer.
func (Vault) Fixed() []string { return []string{"name"} }

// Keeps implements engine.Kept.
func (Vault) Keeps() string { return "others use it too" }

// Pool holds its name while it is there, and is held by what routes to it,
// like a target group.
type Pool struct {
	Name string `json:"name"`
	Port int    `json:"port"`
}

// Kind implements engine.Spec.
func (Pool) Kind() string { return "pool" }

// Fixed implements engine.Fixer.
func (Pool) Fixed() []string { return []string{"name", "port"} }

// Timing implements engine.Timed.
func (Pool) Timing() engine.Timing { return engine.Timing{GiveUp: time.Hour} }

// Route leads to a pool and can be pointed at another.
type Route struct {
	Name string           `json:"name"`
	Pool engine.Ref[Pool] `json:"pool"`
}

// Kind implements engine.Spec.
func (Route) Kind() string { return "route" }

// Spoke is part of a pool for good, like a rule of a listener.
type Spoke struct {
	Name string           `json:"name"`
	Pool engine.Ref[Pool] `json:"pool"`
}

// Kind implements engine.Spec.
func (Spoke) Kind() string { return "spoke" }

// Fixed implements engine.Fixer.
func (Spoke) Fixed() []string { return []string{"pool"} }

// Identity implements engine.Identified.
func (Spoke) Identity() engine.Class { return engine.Tokened }

// Node is one of any number, of which some are parts of others for good and
// some only use others. Color cannot be changed, Body can.
type Node struct {
	Name  string                       `json:"name"`
	Color int                          `json:"color"`
	Body  int                          `json:"body"`
	Parts engine.Set[engine.Ref[Node]] `json:"parts"`
	Uses  engine.Set[engine.Ref[Node]] `json:"uses"`
}

// Kind implements engine.Spec.
func (Node) Kind() string { return "node" }

// Fixed implements engine.Fixer.
func (Node) Fixed() []string { return []string{"name", "color", "parts"} }

// Identity implements engine.Identified.
func (Node) Identity() engine.Class { return engine.Tokened }

// MoreKinds are kinds with something special to each, on a cloud.
func MoreKinds(c *Cloud) []engine.Kind {
	return []engine.Kind{
		engine.Use(Driver[Template]{Cloud: c, Attrs: func(t Thing) map[string]any {
			return map[string]any{"version": fmt.Sprint(t.Version + 1)}
		}}),
		engine.Use(Driver[Fleet]{Cloud: c}),
		engine.Use(Driver[Ticket]{Cloud: c, Attrs: func(Thing) map[string]any { return map[string]any{"proof": "proof"} }}),
		engine.Use(Driver[Base]{Cloud: c}), engine.Use(Driver[Vault]{Cloud: c}), engine.Use(Driver[Pool]{Cloud: c}),
		engine.Use(Driver[Route]{Cloud: c}), engine.Use(Driver[Spoke]{Cloud: c}),
		engine.Use(Driver[Node]{Cloud: c}),
	}
}
