package enginetest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// Driver is a driver of the invented cloud for any spec.
type Driver[S engine.Spec] struct {
	*Cloud
	// Attrs makes the attributes of a thing.
	Attrs func(Thing) map[string]any
}

// Read implements engine.Driver.
func (d Driver[S]) Read(ctx context.Context, scope engine.Scope) ([]engine.Live[S], error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cut {
		return nil, ErrCut
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	d.Reads++
	var zero S
	var lives []engine.Live[S]
	for _, t := range slices.Clone(d.things) {
		if t.Kind != zero.Kind() {
			continue
		}
		if t.unlisted() {
			continue
		}
		live, gone, err := liveOf[S](t)
		if err != nil {
			return nil, err
		}
		if gone {
			d.things = slices.DeleteFunc(d.things, func(o *Thing) bool { return o == t })
			continue
		}
		ours := t.Tags[engine.TagProject] == scope.Project && t.Tags[engine.TagEnvironment] == scope.Environment
		if !ours {
			if name := nameOf(t.Spec); name == "" || !slices.Contains(scope.Names(t.Kind), name) {
				continue
			}
			live.Foreign = true
		}
		if d.Attrs != nil {
			live.Attrs = d.Attrs(*t)
		}
		lives = append(lives, live)
	}
	return lives, nil
}

// unlisted reports whether this read misses the thing: AWS's listings are
// eventually consistent, and may take back what they showed.
func (t *Thing) unlisted() bool {
	switch {
	case t.hidden > 0:
		t.hidden--
		return true
	case t.gaps < 0:
		t.gaps = -t.gaps - 1
	case t.gaps > 0:
		t.gaps--
		return true
	}
	return false
}

func liveOf[S engine.Spec](t *Thing) (live engine.Live[S], gone bool, err error) {
	live = engine.Live[S]{ID: t.ID, Address: t.Tags[engine.TagAddress], Tags: maps.Clone(t.Tags), Keep: t.Keep}
	live.Status, live.Reason = t.Status, t.Reason
	switch {
	case t.deleting == 1:
		return live, true, nil
	case t.deleting > 1:
		t.deleting--
		live.Status, live.Reason = engine.Deleting, "on its way out"
	case t.pending > 0:
		t.pending--
		live.Status, live.Reason = engine.Pending, "on its way"
	}
	return live, false, json.Unmarshal(t.Spec, &live.Spec)
}

// Create implements engine.Driver.
func (d Driver[S]) Create(ctx context.Context, id engine.Identity, s S) error {
	return d.mutate(ctx, "create", s.Kind(), id.Address, func() error {
		spec, err := json.Marshal(s)
		if err != nil {
			return err
		}
		class := engine.Named
		if i, ok := any(s).(engine.Identified); ok {
			class = i.Identity()
		}
		if class == engine.Tokened && d.tokens[id.Token] {
			return nil // it was made once
		}
		for _, t := range d.things {
			if t.Kind != s.Kind() {
				continue
			}
			if class == engine.Tokened && t.Token == id.Token && t.deleting == 0 {
				return nil
			}
			if class == engine.Named && nameOf(t.Spec) == id.Name {
				return ErrExists
			}
		}
		d.serial++
		t := &Thing{
			ID: fmt.Sprintf("%s-%04d", s.Kind(), d.serial), Kind: s.Kind(), Token: id.Token, Tags: id.Tags,
			Spec: spec, hidden: d.Hide, pending: d.Slow, gaps: -1 - d.Flicker, busy: d.Busy,
		}
		if d.Born != nil {
			d.Born(t)
		}
		d.things = append(d.things, t)
		return nil
	})
}

// Update implements engine.Driver.
func (d Driver[S]) Update(ctx context.Context, is engine.Live[S], want S, changed engine.Fields) error {
	return d.mutate(ctx, "update", want.Kind(), is.ID, func() error {
		t := d.find(is.ID)
		if t == nil {
			return ErrNotThere
		}
		spec, err := json.Marshal(want)
		t.Spec = spec
		t.Version++
		return err
	})
}

// Delete implements engine.Driver.
func (d Driver[S]) Delete(ctx context.Context, is engine.Live[S]) error {
	return d.mutate(ctx, "delete", is.Spec.Kind(), is.ID, func() error {
		t := d.find(is.ID)
		if t == nil {
			return ErrNotThere
		}
		for _, other := range d.things {
			if other != t && strings.Contains(string(other.Spec), `"`+t.ID+`"`) {
				return ErrInUse
			}
		}
		if t.busy > 0 {
			t.busy--
			return ErrInUse
		}
		t.deleting = d.Slow + 1
		return nil
	})
}

// Tag implements engine.Tagger.
func (d Driver[S]) Tag(ctx context.Context, id string, set map[string]string, unset []string) error {
	var zero S
	return d.mutate(ctx, "tag", zero.Kind(), id, func() error {
		t := d.find(id)
		if t == nil {
			return ErrNotThere
		}
		maps.Copy(t.Tags, set)
		for _, key := range unset {
			delete(t.Tags, key)
		}
		return nil
	})
}

func nameOf(spec json.RawMessage) string {
	var named struct {
		Name string `json:"name"`
	}
	_ = json.Unmarshal(spec, &named) // a thing without a name has none
	return named.Name
}
