package engine

import (
	"fmt"
	"maps"
	"slices"
)

// Stack is an ordered declaration of objects. As Add returns the only way to
// refer to an object, the order of declaration is an order of creation.
type Stack struct {
	Project, Environment string
	// Tags are put on every object beside the four the engine owns.
	Tags    map[string]string
	module  string
	order   []string
	objects map[string]Document
}

// NewStack starts an empty declaration for one environment.
func NewStack(project, environment string, tags map[string]string) *Stack {
	return &Stack{Project: project, Environment: environment, Tags: maps.Clone(tags), objects: map[string]Document{}}
}

// Module names the group that what is added next belongs to.
func (st *Stack) Module(name string) { st.module = name }

// Add declares an object and returns the only way to refer to it: an edge is
// a field, and a cycle cannot be written. Adding an address twice is a
// programmer's error and panics.
func Add[S Spec](st *Stack, name string, s S) Ref[S] {
	address := s.Kind() + "/" + name
	if _, twice := st.objects[address]; twice {
		panic(fmt.Sprintf("engine: %s is declared twice", address))
	}
	d := must(document(s))
	d["$module"] = st.module
	if traitsOf(s).tagged {
		d["tags"] = st.tags(address)
	}
	for _, edge := range d.Edges() {
		if _, ok := st.objects[edge]; !ok {
			panic(fmt.Sprintf("engine: %s refers to %s, which is not declared before it", address, edge))
		}
	}
	st.objects[address] = d
	st.order = append(st.order, address)
	return Ref[S]{address: address}
}

// Addresses are the declared addresses in order of declaration.
func (st *Stack) Addresses() []string { return slices.Clone(st.order) }

// Document returns what is declared at an address.
func (st *Stack) Document(address string) (Document, bool) {
	d, ok := st.objects[address]
	return d, ok
}

// Empty is the stack that destroy converges to: the same environment with
// nothing in it.
func (st *Stack) Empty() *Stack { return NewStack(st.Project, st.Environment, st.Tags) }

func (st *Stack) tags(address string) map[string]any {
	tags := map[string]any{}
	for key, value := range st.Tags {
		tags[key] = value
	}
	for key, value := range Identify(st.Project, st.Environment, address) {
		tags[key] = value
	}
	return tags
}

// The tags the engine owns. By the first three an object is known again.
const (
	TagProject     = "project"
	TagEnvironment = "environment"
	TagAddress     = "address"
	TagManagedBy   = "managed-by"
	ManagedBy      = "keyedin"
)

// Identify gives the tags that say which object of which environment one is.
func Identify(project, environment, address string) map[string]string {
	return map[string]string{
		TagProject: project, TagEnvironment: environment, TagAddress: address, TagManagedBy: ManagedBy,
	}
}
