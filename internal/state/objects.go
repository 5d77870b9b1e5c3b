package state

import (
	"context"
	"errors"
	"time"
)

// Objects is all a Remote asks of an object storage: three conditional operations on one bucket.
//
// ErrNoBucket and ErrDenied are certain: nothing was done. After any other error the operation may have been done
// all the same, or be done later; also after ErrChanged and ErrNone, since a client that retries by itself may have
// met its own first attempt.
type Objects interface {
	// Read returns the current object; ErrNone, ErrNoBucket.
	Read(ctx context.Context, key string) (Item, error)
	// Write replaces the object whose tag is match, or makes a new one when match is empty, and returns its tag.
	Write(ctx context.Context, key string, body []byte, match string) (tag string, err error)
	// Remove deletes the object whose tag is match; ErrNone when there is none.
	Remove(ctx context.Context, key, match string) error
	// Name is how messages call an object.
	Name(key string) string
}

// Item is a stored object. Both times are the storage's own, so that their difference is free of clock skew.
type Item struct {
	Body    []byte
	Tag     string
	Written time.Time
	Seen    time.Time
}

// What Objects answer; callers of a Store meet ErrDenied only.
var (
	ErrChanged = errors.New("the stored object is another one")
	ErrDenied  = errors.New("access is denied")
)
