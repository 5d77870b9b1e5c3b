package engine

import (
	"maps"
	"slices"
)

// Action is what is to be done with an object.
type Action string

// Actions. Await is for an object that is as wanted and not ready yet.
const (
	Create  Action = "create"
	Update  Action = "change"
	Replace Action = "replace"
	Delete  Action = "delete"
	Await   Action = "wait for"
)

// Change is one object and what is to be done with it.
type Change struct {
	Action  Action        `json:"action"`
	Address string        `json:"address"`
	Module  string        `json:"module,omitempty"`
	ID      string        `json:"id,omitempty"`
	Fields  []FieldChange `json:"fields,omitempty"`
	// Reason says why, where the fields do not.
	Reason string `json:"reason,omitempty"`
	Effect Effect `json:"effect"`
	// Loses is the data that goes with the object, in words.
	Loses string `json:"loses,omitempty"`
	// DeleteFirst is true for a replacement whose name the old one holds.
	DeleteFirst bool `json:"delete-first,omitempty"`

	wanted Document
	live   *Object
}

// Kind is the kind of the object.
func (c Change) Kind() string { return kindOf(c.Address) }

// Protected reports whether AWS refuses to delete the object until its
// protection is lifted: its live document says so.
func (c Change) Protected() bool {
	if c.live == nil {
		return false
	}
	on, _ := c.live.Document["deletion-protection"].(bool)
	return on
}

// Holds adds to what is lost how much it is; an empty object loses nothing.
func (c *Change) Holds(n int, words string) {
	if n == 0 {
		c.Loses, c.Effect = "", Effect{}
		return
	}
	c.Loses += ": " + words
	c.Effect.Text += ": " + words
}

// Describe lists what is wanted, field by field, for people.
func (c Change) Describe() []string {
	var lines []string
	for _, field := range slices.Sorted(maps.Keys(c.wanted)) {
		if compared(field) && field != "tags" && !isZero(c.wanted[field]) {
			lines = append(lines, field+": "+brief(c.wanted[field]))
		}
	}
	return lines
}
