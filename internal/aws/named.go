package aws

import (
	"context"
	"encoding/json"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// names are all names under which a Read has to look for objects of a kind
// whose id is its name: those that are wanted, and those that are recorded,
// which after a renaming are not the same.
func names(s engine.Scope, kind string) []string {
	all := s.Names(kind)
	for _, k := range s.Of(kind) {
		if k.ID != "" {
			all = append(all, k.ID)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// isRecorded reports whether the state has an object of that kind and id, so
// that it need not be asked whose it is.
func isRecorded(s engine.Scope, kind, id string) bool {
	return slices.ContainsFunc(s.Of(kind), func(k engine.Expected) bool { return k.ID == id })
}

// appliedAs is what the state has of the object of that id; false when it has
// nothing, or something of another version.
func appliedAs[S engine.Spec](s engine.Scope, id string) (spec S, ok bool) {
	for _, k := range s.Of(spec.Kind()) {
		if k.ID == id && id != "" && len(k.Applied) > 0 {
			return spec, json.Unmarshal(k.Applied, &spec) == nil
		}
	}
	return spec, false
}

// recordedIDs are the ids that the state has of a kind.
func recordedIDs(s engine.Scope, kind string) []string {
	var ids []string
	for _, k := range s.Of(kind) {
		if k.ID != "" {
			ids = append(ids, k.ID)
		}
	}
	return ids
}

// each reads objects one by one, at the same time. read returns nil for one
// that is not there.
func each[S engine.Spec](ctx context.Context, names []string, read func(context.Context, string) (*engine.Live[S], error)) ([]engine.Live[S], error) {
	var mu sync.Mutex
	var lives []engine.Live[S]
	group, ctx := errgroup.WithContext(ctx)
	for _, name := range names {
		group.Go(func() error {
			live, err := read(ctx, name)
			if err != nil || live == nil {
				return unlessGone(err)
			}
			mu.Lock()
			defer mu.Unlock()
			lives = append(lives, *live)
			return nil
		})
	}
	err := group.Wait()
	return lives, err
}

// belongs fills in whose a named object is from its tags.
func belongs[S engine.Spec](s engine.Scope, live *engine.Live[S], tags map[string]string) {
	live.Tags = tags
	if isOurs(s, tags) {
		live.Address = tags[engine.TagAddress]
		return
	}
	live.Foreign = true
}

// ids are the ids of references, in the order given.
func ids[K engine.Spec](refs []engine.Ref[K]) []string {
	list := make([]string, 0, len(refs))
	for _, r := range refs {
		list = append(list, r.ID())
	}
	return list
}

// wantedAs is what is known of an object as its spec, as far as it can be said
// by now: references may still be open in it.
func wantedAs[S engine.Spec](known engine.Expected) S {
	var s S
	_ = json.Unmarshal(known.Document.JSON(), &s) // a document of another version says nothing
	return s
}
