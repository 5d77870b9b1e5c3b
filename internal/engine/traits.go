package engine

import (
	"slices"
	"strings"
	"time"
)

// Fixer names the fields that cannot be changed in place: a change of one of
// them replaces the object.
type Fixer interface{ Fixed() []string }

// Owner says whose business a field is once the object exists.
type Owner string

// Owners of fields other than the config. What another owner holds is sent
// when the object is created, and is information ever after.
const (
	OwnerAutoscaler Owner = "the autoscaler"
	OwnerDeployer   Owner = "deploy"
	OwnerAWS        Owner = "AWS"
)

// Owned names the fields that have another owner than the config.
type Owned interface{ Owners() map[string]Owner }

// Class says how a create is made safe to repeat after a crash.
type Class int

// Classes of identity. Named is the default.
const (
	Named   Class = iota // a unique name: a second create finds the first
	Tokened              // a client token that AWS honours
	Tagged               // tags in the create call only: journalled before the call
)

// Identified states the class of a kind that is not Named.
type Identified interface{ Identity() Class }

// Eager kinds can be referred to while still Pending, as soon as AWS reports
// the attribute asked for: records need a certificate that is not issued yet.
type Eager interface{ Early() bool }

// Timing is how long AWS takes as a rule, and when to give up.
type Timing struct{ Create, Update, Delete, GiveUp time.Duration }

// Timed states the durations of a kind that does not take seconds.
type Timed interface{ Timing() Timing }

// Effect says in words what a change does to users.
type Effect struct {
	Level Level  `json:"level"`
	Text  string `json:"text,omitempty"`
}

// Level orders effects by how much users feel them.
type Level int

// Levels of effect.
const (
	NoEffect   Level = iota
	Degraded         // slower, fewer, one after the other
	Downtime         // not answering for a while
	DataIsLost       // wants the object's name typed
)

// MarshalText writes the level in words.
func (l Level) MarshalText() ([]byte, error) {
	return []byte([...]string{"none", "degraded", "downtime", "data-is-lost"}[l]), nil
}

// Affecting says what changing fields in place does to users; the zero Effect
// is no effect.
type Affecting interface {
	Effect(changed Fields) Effect
}

// Precious kinds hold what cannot be made again. Loses says what is lost with
// one, in words.
type Precious interface{ Loses() string }

// Movable is a Precious kind whose data can be brought over to another object.
// Moves says how, for those who would replace it and lose the data.
type Movable interface{ Moves() string }

// OneWay kinds have fields that can go from some values to others only. Refuses
// says why a change in place is none that AWS takes, and what to do; empty: it
// takes it.
type OneWay interface{ Refuses(FieldChange) string }

// Volatile names the attributes that change when the object is updated, so
// that what refers to them follows: a launch template's latest version.
type Volatile interface{ Volatile() []string }

// Foundation kinds carry the whole environment: replacing one means building
// everything anew, so the engine refuses it and says what to do instead.
type Foundation interface{ Instead() string }

// Kept kinds are never destroyed. Keeps says why.
type Kept interface{ Keeps() string }

// Untagged kinds have no tags of their own, such as a record in a zone.
type Untagged interface{ NoTags() }

// Fields is a set of top-level field names.
type Fields []string

// Has reports whether the set holds any of the names.
func (f Fields) Has(names ...string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return slices.Contains(f, n) })
}

// traits is what a kind says of itself, asked once.
type traits struct {
	fixed      []string
	owners     map[string]Owner
	class      Class
	early      bool
	volatile   []string
	timing     Timing
	effect     func(Fields) Effect
	loses      string
	moves      string
	refuses    func(FieldChange) string
	foundation string
	keeps      string
	tagged     bool
}

func traitsOf(s Spec) traits {
	t := traits{tagged: true, timing: Timing{GiveUp: 10 * time.Minute}, effect: func(Fields) Effect { return Effect{} },
		refuses: func(FieldChange) string { return "" }}
	if f, ok := s.(Fixer); ok {
		t.fixed = f.Fixed()
	}
	if o, ok := s.(Owned); ok {
		t.owners = o.Owners()
	}
	if i, ok := s.(Identified); ok {
		t.class = i.Identity()
	}
	if e, ok := s.(Eager); ok {
		t.early = e.Early()
	}
	if v, ok := s.(Volatile); ok {
		t.volatile = v.Volatile()
	}
	if w, ok := s.(Timed); ok {
		t.timing = w.Timing()
	}
	if a, ok := s.(Affecting); ok {
		t.effect = a.Effect
	}
	if p, ok := s.(Precious); ok {
		t.loses = p.Loses()
	}
	if m, ok := s.(Movable); ok {
		t.moves = m.Moves()
	}
	if o, ok := s.(OneWay); ok {
		t.refuses = o.Refuses
	}
	if f, ok := s.(Foundation); ok {
		t.foundation = f.Instead()
	}
	if k, ok := s.(Kept); ok {
		t.keeps = k.Keeps()
	}
	if _, ok := s.(Untagged); ok {
		t.tagged = false
	}
	return t
}

// compared reports whether a field of a document takes part in the diff.
func compared(field string) bool { return !strings.HasPrefix(field, "$") }
