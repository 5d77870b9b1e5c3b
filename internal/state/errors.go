package state

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// What a store answers besides success; compare with errors.Is.
var (
	// ErrNone: there is no state of this environment yet.
	ErrNone = errors.New("no state is recorded yet")
	// ErrNoBucket: the bucket of the state does not exist; it is an ErrNone as well.
	ErrNoBucket = fmt.Errorf("the bucket of the state does not exist: %w", ErrNone)
	// ErrStale: somebody else wrote the state since it was read; nothing was written.
	ErrStale = errors.New("the state was changed by another run since it was read")
	// ErrLockLost: the lock is no longer ours; it is the cause of the held context's end.
	ErrLockLost = errors.New("the lock was lost")
	// ErrBroken: what is stored is not a state that can be read; errors.As with *BrokenError tells why.
	ErrBroken = errors.New("the state cannot be read")
)

// BrokenError refuses a stored object that is truncated, edited by hand or not ours. It was left untouched.
type BrokenError struct {
	Where  string // place of the object, filled in by the store
	Reason string
}

func (e *BrokenError) Error() string {
	return fmt.Sprintf("the state %sis broken: %s. It was left untouched. "+
		"Restore an earlier version of the object (S3 keeps them), "+
		"or move it away: the next `keyedin apply` rebuilds it from what is in AWS",
		place(e.Where), e.Reason)
}

// Is makes a BrokenError an ErrBroken.
func (e *BrokenError) Is(target error) bool { return target == ErrBroken }

// NewerError refuses a state written in a format this binary does not know. It was left untouched.
type NewerError struct {
	Where       string
	Version     int
	ToolVersion string // of the last run in it, if that could be read
}

func (e *NewerError) Error() string {
	by := ""
	if e.ToolVersion != "" {
		by = " by keyedin " + e.ToolVersion
	}
	return fmt.Sprintf("the state %shas format %d, written%s; this keyedin knows formats up to %d. "+
		"It was left untouched. Install the newer keyedin and type the command again",
		place(e.Where), e.Version, by, Version)
}

// LockedError names who works on the environment now.
type LockedError struct {
	Environment string
	Holder      Holder
	Seen        time.Time // when it was seen, by the store's clock
}

func (e *LockedError) Error() string {
	h := e.Holder
	var b strings.Builder
	fmt.Fprintf(&b, "%s is locked by %s", e.Environment, h.Name())
	if h.Command != "" {
		fmt.Fprintf(&b, " running `%s`", h.Command)
	}
	if !h.Started.IsZero() {
		fmt.Fprintf(&b, " since %s (%s ago)", h.Started.UTC().Format("15:04:05 MST"), ago(e.Seen.Sub(h.Started)))
	}
	if !h.Renewed.IsZero() {
		renewed := e.Seen.Sub(h.Renewed)
		if !h.Started.IsZero() {
			renewed = min(renewed, e.Seen.Sub(h.Started)) // the storage's times have a precision of a second
		}
		fmt.Fprintf(&b, "; last heartbeat %s ago", ago(renewed))
	}
	b.WriteString(". Wait for it to end and type the command again; ")
	if h.Lease > 0 {
		fmt.Fprintf(&b, "if it died, its lock falls %s after the last heartbeat, or at once with `keyedin unlock`", h.Lease)
	} else {
		b.WriteString("if it died, type `keyedin unlock`")
	}
	return b.String()
}

// DeleteDeniedError is a warning: the lock is free, but could not be deleted and stays behind as a released note.
type DeleteDeniedError struct {
	Resource string // what the missing permission is about
	Err      error
}

func (e *DeleteDeniedError) Error() string {
	return fmt.Sprintf("s3:DeleteObject on %s is denied: the lock is released by a note in it instead, "+
		"and each run needs two more calls. Allow it to whoever runs keyedin", e.Resource)
}

func (e *DeleteDeniedError) Unwrap() error { return e.Err }

func place(where string) string {
	if where == "" {
		return ""
	}
	return where + " "
}

// ago is a duration to the precision a person asks for.
func ago(d time.Duration) string {
	switch d = max(d, 0); {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	default:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
}
