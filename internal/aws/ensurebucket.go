package aws

import (
	"context"
	"encoding/json"
	"reflect"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// EnsureBucket makes a bucket as the spec says, before the engine runs: the
// state lives in the private bucket. It may be repeated at any point. A bucket
// of that name that is not of the identity's environment gives BucketTaken.
func (c *Clients) EnsureBucket(ctx context.Context, s Bucket, id engine.Identity) error {
	raw, err := json.Marshal(s)
	if err != nil {
		return err
	}
	wanted, err := engine.Parse(raw)
	if err != nil {
		return err
	}
	d := buckets{c}
	scope := engine.NewScope(id.Project, id.Environment, nil)
	live, err := d.read(ctx, scope, s.Name, s)
	if err != nil {
		return err
	}
	if live == nil {
		if err := d.Create(ctx, id, s); err != nil {
			return err
		}
		live = &engine.Live[Bucket]{ID: s.Name, Spec: Bucket{Name: s.Name, PublicRead: !s.PublicRead, Ownership: s.Ownership, Keep: s.Keep}}
	}
	if live.Foreign {
		return &BucketTaken{Name: s.Name, Key: s.key()}
	}
	changed, err := differing(wanted, live.Spec)
	if err != nil {
		return err
	}
	return d.Update(ctx, *live, s, changed)
}

// differing are the fields in which what is live is not as wanted.
func differing(wanted engine.Document, live Bucket) (engine.Fields, error) {
	raw, err := json.Marshal(live)
	if err != nil {
		return nil, err
	}
	is, err := engine.Parse(raw)
	var changed engine.Fields
	for field := range wanted {
		if !reflect.DeepEqual(wanted[field], is[field]) {
			changed = append(changed, field)
		}
	}
	return changed, err
}
