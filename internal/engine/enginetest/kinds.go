package enginetest

import (
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// Net is found by its tags alone, like a VPC.
type Net struct {
	Range string `json:"range"`
	Names bool   `json:"names"`
}

// Kind implements engine.Spec.
func (Net) Kind() string { return "net" }

// Fixed implements engine.Fixer.
func (Net) Fixed() []string { return []string{"range"} }

// Identity implements engine.Identified.
func (Net) Identity() engine.Class { return engine.Tagged }

// Host takes a client token, like a NAT gateway.
type Host struct {
	Net   engine.Ref[Net]    `json:"net"`
	Size  int                `json:"size"`
	Image string             `json:"image"`
	Lanes engine.Set[string] `json:"lanes,omitzero"`
}

// Kind implements engine.Spec.
func (Host) Kind() string { return "host" }

// Fixed implements engine.Fixer.
func (Host) Fixed() []string { return []string{"net", "image"} }

// Identity implements engine.Identified.
func (Host) Identity() engine.Class { return engine.Tokened }

// Timing implements engine.Timed.
func (Host) Timing() engine.Timing {
	return engine.Timing{Create: time.Minute, Delete: time.Minute, GiveUp: 10 * time.Minute}
}

// Front has a unique name, can be referred to while pending, and its weight is
// the deployer's, like a load balancer with its listener.
type Front struct {
	Name   string                       `json:"name"`
	Hosts  engine.Set[engine.Ref[Host]] `json:"hosts"`
	Weight int                          `json:"weight"`
}

// Kind implements engine.Spec.
func (Front) Kind() string { return "front" }

// Fixed implements engine.Fixer.
func (Front) Fixed() []string { return []string{"name"} }

// Early implements engine.Eager.
func (Front) Early() bool { return true }

// Owners implements engine.Owned.
func (Front) Owners() map[string]engine.Owner {
	return map[string]engine.Owner{"weight": engine.OwnerDeployer}
}

// Store has a unique name and holds data, like a database.
type Store struct {
	Name   string          `json:"name"`
	Engine string          `json:"engine"`
	Net    engine.Ref[Net] `json:"net"`
	Size   int             `json:"size"`
}

// Kind implements engine.Spec.
func (Store) Kind() string { return "store" }

// Fixed implements engine.Fixer.
func (Store) Fixed() []string { return []string{"name", "engine"} }

// Loses implements engine.Precious.
func (Store) Loses() string { return "everything in the store" }

// Entry refers to an attribute, like an alias record.
type Entry struct {
	Name   string               `json:"name"`
	Target engine.Value[string] `json:"target"`
}

// Kind implements engine.Spec.
func (Entry) Kind() string { return "entry" }

// Kinds are the invented kinds, on a cloud.
func Kinds(c *Cloud) []engine.Kind {
	return append(MoreKinds(c),
		engine.Use(Driver[Net]{Cloud: c}), engine.Use(Driver[Host]{Cloud: c}),
		engine.Use(Driver[Front]{Cloud: c, Attrs: func(t Thing) map[string]any {
			return map[string]any{"dns": nameOf(t.Spec) + ".example.com"}
		}}),
		engine.Use(Driver[Store]{Cloud: c}), engine.Use(Driver[Entry]{Cloud: c}),
	)
}

// Shape is what the sample stack is made from.
type Shape struct {
	Range, Image, Engine string
	Hosts                int
	HostSize             int
	NoStore              bool
	Tags                 map[string]string
}

// Sample is a shape to start from.
func Sample() Shape {
	return Shape{Range: "10.0.0.0/16", Image: "one", Engine: "my", Hosts: 3, HostSize: 1}
}

// Build declares the sample stack: a network, hosts in it, a front before
// them, an entry that leads there, and a store.
func Build(s Shape) *engine.Stack {
	st := engine.NewStack("sample", "test", s.Tags)
	st.Module("network")
	net := engine.Add(st, "main", Net{Range: s.Range, Names: true})
	if !s.NoStore {
		engine.Add(st, "main", Store{Name: "sample-store", Engine: s.Engine, Net: net, Size: 1})
	}
	st.Module("compute")
	var hosts engine.Set[engine.Ref[Host]]
	for i := range s.Hosts {
		hosts = append(hosts, engine.Add(st, string(rune('a'+i)), Host{Net: net, Size: s.HostSize, Image: s.Image}))
	}
	front := engine.Add(st, "main", Front{Name: "sample-front", Hosts: hosts, Weight: 100})
	engine.Add(st, "www", Entry{Name: "www", Target: engine.Format("%s.", engine.Attr[string](front, "dns"))})
	return st
}
