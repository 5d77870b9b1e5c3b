// Package engine turns a stack of declared objects into changes and carries
// them out. It knows documents, references, order, waiting and crash safety;
// it knows nothing of AWS, of the config file, or of terminals.
package engine

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Spec is what one kind of object should be: plain data with JSON names.
// It may have more to say through the optional interfaces in traits.go.
type Spec interface{ Kind() string }

// Ref is the identity of an object of kind K: declared now, known once it
// exists. It marshals as the id when that is known and as
// {"$ref":"kind/name#id"} until then. The zero Ref refers to nothing.
type Ref[K Spec] struct{ address, id string }

// ID is a reference to an object whose id is already known.
func ID[K Spec](id string) Ref[K] { return Ref[K]{id: id} }

// ID returns the id, or "" while it is not known.
func (r Ref[K]) ID() string { return r.id }

// Address returns the address the reference was declared with, or "" for one
// read back from AWS.
func (r Ref[K]) Address() string { return r.address }

// IsZero reports whether the reference refers to nothing; `omitzero` uses it.
func (r Ref[K]) IsZero() bool { return r.address == "" && r.id == "" }

// MarshalJSON writes the id, the unresolved reference, or an empty string.
func (r Ref[K]) MarshalJSON() ([]byte, error) {
	if r.id == "" && r.address != "" {
		return json.Marshal(reference(r.address, "id"))
	}
	return json.Marshal(r.id)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (r *Ref[K]) UnmarshalJSON(data []byte) error {
	*r = Ref[K]{}
	if err := json.Unmarshal(data, &r.id); err == nil {
		return nil
	}
	address, attribute, err := parseReference(data)
	if err == nil && attribute != "id" {
		return fmt.Errorf("not the id of an object: %s", data)
	}
	r.address = address
	return err
}

// Value is a T known now, or something made of attributes that other objects
// will have. The zero Value is the known zero T.
type Value[T any] struct {
	known T
	expr  json.RawMessage
}

// Known is a Value that needs nothing else.
func Known[T any](v T) Value[T] { return Value[T]{known: v} }

// Attr is the attribute of another object, known once its kind reports it.
func Attr[T any, K Spec](r Ref[K], name string) Value[T] {
	return Value[T]{expr: must(json.Marshal(reference(r.address, name)))}
}

// Format joins text with references: each %s of f takes the next of parts,
// which are strings, Refs or Values.
func Format(f string, parts ...any) Value[string] {
	pieces := strings.Split(f, "%s")
	if len(pieces) != len(parts)+1 {
		panic(fmt.Sprintf("engine.Format(%q) wants %d parts, got %d", f, len(pieces)-1, len(parts)))
	}
	joined := []any{pieces[0]}
	for i, part := range parts {
		joined = append(joined, part, pieces[i+1])
	}
	v := Value[string]{}
	raw := must(json.Marshal(map[string]any{"$join": joined}))
	if s, ok := resolve(must(decode(raw)), nothing).(string); ok {
		v.known = s
	} else {
		v.expr = raw
	}
	return v
}

// Get returns the value; ok is false while it is not known.
func (v Value[T]) Get() (value T, ok bool) { return v.known, v.expr == nil }

// MustGet returns the value. Drivers are only given documents in which
// everything is known, so there it cannot fail.
func (v Value[T]) MustGet() T {
	if v.expr != nil {
		panic("engine: value is not known yet: " + string(v.expr))
	}
	return v.known
}

// IsZero reports whether the value is the zero T, known; `omitzero` uses it.
func (v Value[T]) IsZero() bool {
	return v.expr == nil && isZero(must(decode(must(json.Marshal(v.known)))))
}

// MarshalJSON writes the value when it is known, else the expression.
func (v Value[T]) MarshalJSON() ([]byte, error) {
	if v.expr != nil {
		return v.expr, nil
	}
	return json.Marshal(v.known)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (v *Value[T]) UnmarshalJSON(data []byte) error {
	*v = Value[T]{}
	decoded, err := decode(data)
	if err != nil {
		return err
	}
	if !isKnown(decoded) {
		v.expr = slices.Clone(data)
		return nil
	}
	return json.Unmarshal(data, &v.known)
}

// Set is a list whose order means nothing: it marshals sorted and without
// repetition, so that AWS's order is never a change.
type Set[T any] []T

// MarshalJSON writes the elements in the order of their JSON.
func (s Set[T]) MarshalJSON() ([]byte, error) {
	items := make([]string, 0, len(s))
	for _, element := range s {
		raw, err := json.Marshal(element)
		if err != nil {
			return nil, err
		}
		items = append(items, string(raw))
	}
	slices.Sort(items)
	return []byte("[" + strings.Join(slices.Compact(items), ",") + "]"), nil
}

// After lists objects that must be there first though no field names them: an
// internet-facing load balancer needs the gateway attached. Give it the JSON
// name "$after": names that begin with $ order the work and are never compared.
type After []json.RawMessage

// Behind makes the edge to an object for an After.
func Behind[K Spec](r Ref[K]) json.RawMessage { return must(json.Marshal(r)) }

func reference(address, attribute string) map[string]string {
	return map[string]string{"$ref": address + "#" + attribute}
}

func parseReference(data []byte) (address, attribute string, err error) {
	var r map[string]string
	if err := json.Unmarshal(data, &r); err != nil {
		return "", "", err
	}
	address, attribute, ok := strings.Cut(r["$ref"], "#")
	if !ok {
		return "", "", fmt.Errorf("not a reference: %s", data)
	}
	return address, attribute, nil
}

func must[T any](v T, err error) T {
	if err != nil {
		panic("engine: a spec that is not plain data: " + err.Error())
	}
	return v
}
