package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// Driver is all the engine asks of one kind. Waiting, retrying, adopting,
// ordering and diffing are the engine's own work, so each method is a call or
// two and returns errors as AWS gave them.
//
// Create may make just the object: what Read then reports otherwise than
// wanted, the engine asks Update to set. Each call is therefore safe to be the
// last one before a crash.
type Driver[S Spec] interface {
	// Read returns the environment's objects of this kind, in as few calls as
	// the API allows, whatever else is in the account.
	Read(context.Context, Scope) ([]Live[S], error)
	// Create carries the identity (name, token, tags) in the call itself.
	Create(context.Context, Identity, S) error
	// Update sets the changed fields. It is never called for "tags".
	Update(ctx context.Context, is Live[S], want S, changed Fields) error
	// Delete takes the object away; already gone is success.
	Delete(context.Context, Live[S]) error
}

// Tagger is a Driver whose objects' tags can be changed.
type Tagger interface {
	Tag(ctx context.Context, id string, set map[string]string, unset []string) error
}

// Identity is what makes a create findable again.
type Identity struct {
	Project, Environment, Address string
	// Name is the spec's own "name" field, or "".
	Name string
	// Token is the same for each attempt to make the same object; at most 32
	// letters and digits, so that it fits every client token.
	Token string
	// Tags are the tags to put on the object in the create call.
	Tags map[string]string
}

// Status is how far AWS is with an object.
type Status int

// Statuses of a live object. Waiting needs a person to act, which Reason says.
const (
	Ready Status = iota
	Pending
	Failed
	Deleting
	Waiting
)

func (s Status) String() string {
	return [...]string{"ready", "pending", "failed", "deleting", "waiting for a person"}[s]
}

// Live is one object as AWS reports it.
type Live[S Spec] struct {
	// Address is the object's address tag; empty when AWS has no tags for the
	// kind, or the object has lost them: then the engine matches ID and name.
	Address string
	ID      string
	Status  Status
	// Reason is why it has this status, in AWS's own words.
	Reason string
	// Spec holds ids in its references; only fields that are wanted are compared.
	Spec S
	// Tags is nil when they were not read.
	Tags map[string]string
	// Attrs are the attributes other objects may refer to, beside "id".
	Attrs map[string]any
	// Foreign marks an object that has a wanted name but is not ours.
	Foreign bool
	// Keep says why this one must not be deleted, or "".
	Keep string
}

// Scope is what a Read may look for.
type Scope struct {
	Project, Environment string
	// Known are all objects, of every kind, that are wanted or recorded.
	Known []Expected
	once  *sync.Map
}

// Expected is one object that is wanted or recorded.
type Expected struct {
	Kind, Address string
	// ID is the recorded id, or "".
	ID string
	// Document is the wanted document, else the recorded one.
	Document Document
	// Applied is the recorded document: as the object was last applied.
	Applied json.RawMessage
}

// NewScope is a scope for one round of reading.
func NewScope(project, environment string, known []Expected) Scope {
	return Scope{Project: project, Environment: environment, Known: known, once: &sync.Map{}}
}

// Of returns what is known of one kind.
func (s Scope) Of(kind string) []Expected {
	var of []Expected
	for _, k := range s.Known {
		if k.Kind == kind {
			of = append(of, k)
		}
	}
	return of
}

// Names are the physical names known of one kind, sorted, without repetition.
func (s Scope) Names(kind string) []string {
	var names []string
	for _, k := range s.Of(kind) {
		if name := k.Document.Name(); name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Find returns the known object of a kind with that physical name.
func (s Scope) Find(kind, name string) (Expected, bool) {
	for _, k := range s.Of(kind) {
		if k.Document.Name() == name {
			return k, true
		}
	}
	return Expected{}, false
}

// Once shares one read among the drivers of a round: the first caller of a
// key makes it, the others wait for its result.
func Once[T any](s Scope, key string, read func() (T, error)) (T, error) {
	f, _ := s.once.LoadOrStore(key, sync.OnceValues(read))
	return f.(func() (T, error))()
}

// Kind is a driver with its type forgotten.
type Kind struct {
	Name string
	traits
	read   func(context.Context, Scope) ([]Object, error)
	create func(context.Context, Identity, Document) error
	update func(context.Context, Object, Document, Fields) error
	delete func(context.Context, Object) error
	tag    func(ctx context.Context, id string, set map[string]string, unset []string) error
	// canonical writes a document as the spec itself would: what was sorted by
	// its references is sorted again by what they turned out to be.
	canonical func(Document) Document
}

// Object is a Live with its type forgotten.
type Object struct {
	Kind, Address, ID string
	Status            Status
	Reason            string
	Document          Document
	Attrs             map[string]any
	Foreign           bool
	Keep              string
	live              any
}

// attribute returns a value other objects may refer to.
func (o Object) attribute(name string) (any, bool) {
	if name == "id" {
		return o.ID, o.ID != ""
	}
	v, ok := o.Attrs[name]
	return v, ok
}

// Use makes a driver known to the engine.
func Use[S Spec](d Driver[S]) Kind {
	var zero S
	k := Kind{Name: zero.Kind(), traits: traitsOf(zero)}
	k.read = func(ctx context.Context, scope Scope) ([]Object, error) {
		lives, err := d.Read(ctx, scope)
		objects := make([]Object, 0, len(lives))
		for _, live := range lives {
			o, err := forget(k, live)
			if err != nil {
				return nil, err
			}
			objects = append(objects, o)
		}
		return objects, err
	}
	k.create = func(ctx context.Context, id Identity, doc Document) error {
		s, err := remember[S](doc)
		if err != nil {
			return err
		}
		return d.Create(ctx, id, s)
	}
	k.update = func(ctx context.Context, o Object, doc Document, changed Fields) error {
		s, err := remember[S](doc)
		if err != nil {
			return err
		}
		return d.Update(ctx, o.live.(Live[S]), s, changed)
	}
	k.delete = func(ctx context.Context, o Object) error { return d.Delete(ctx, o.live.(Live[S])) }
	if t, ok := d.(Tagger); ok {
		k.tag = t.Tag
	}
	k.canonical = canonical[S]
	return k
}

func forget[S Spec](k Kind, live Live[S]) (Object, error) {
	doc, err := document(live.Spec)
	if err != nil {
		return Object{}, fmt.Errorf("read %s %s: %w", k.Name, live.ID, err)
	}
	if live.Tags != nil {
		tags := map[string]any{}
		for key, value := range live.Tags {
			tags[key] = value
		}
		doc["tags"] = tags
	}
	attrs, err := document(live.Attrs)
	if err != nil {
		return Object{}, fmt.Errorf("read %s %s: %w", k.Name, live.ID, err)
	}
	return Object{
		Kind: k.Name, Address: live.Address, ID: live.ID, Status: live.Status, Reason: live.Reason,
		Document: doc, Attrs: attrs, Foreign: live.Foreign, Keep: live.Keep, live: live,
	}, nil
}

// remember turns a document in which everything is known into its spec.
func remember[S Spec](doc Document) (S, error) {
	var s S
	for field, value := range doc {
		if compared(field) && !isKnown(value) {
			return s, fmt.Errorf("%s of a %s is not known yet", field, s.Kind())
		}
	}
	return s, json.Unmarshal(doc.JSON(), &s)
}

// Repeatable reports whether a create that is sent twice makes one object: its
// name or its token tells.
func (k Kind) Repeatable() bool { return k.class != Tagged }

// canonical passes a document through its spec's type. Fields the spec does
// not declare, such as tags, stay as they are.
func canonical[S Spec](doc Document) Document {
	var s S
	if err := json.Unmarshal(doc.JSON(), &s); err != nil {
		return doc // recorded by another version, whose spec was of another shape
	}
	out := maps.Clone(doc)
	for field, value := range must(document(s)) {
		if _, declared := doc[field]; declared {
			out[field] = value
		}
	}
	return out
}

// resolved fills what look knows into a declared document.
func (k Kind) resolved(declared Document, look lookup) Document {
	doc, _ := resolve(map[string]any(declared), look).(map[string]any)
	return k.canonical(doc)
}
