package state

import "context"

// Store keeps the state and the lock of one environment. A store remembers which version it last read or wrote,
// so each run opens its own; it is safe for concurrent use. storetest holds an implementation to this contract.
type Store interface {
	// Get reads the state. ErrNone: there is none; ErrNoBucket: nor its bucket. *BrokenError and *NewerError
	// refuse what is there and leave it untouched. Objects and Generations are never nil.
	Get(context.Context) (State, error)

	// Put replaces what this store last read or wrote; without a Get it expects none. The store sets Version,
	// Serial, Fence and Author itself. ErrStale: somebody else wrote meanwhile; ErrLockLost: the lock this store
	// held is gone. A write whose answer was lost is recognised and is a success.
	Put(context.Context, State) error

	// Lock makes this store the only one at work on the environment. Who, Command and ToolVersion of the
	// holder are the caller's, the rest is filled in. *LockedError: somebody else is; ErrNoBucket.
	// A holder that is provably dead is taken over, and can write no more even if it was only paused.
	Lock(context.Context, Holder) (Held, error)

	// Inspect tells who holds the lock; false when nobody does.
	Inspect(context.Context) (Holder, bool, error)

	// Break takes the lock from the holder Inspect has shown, and frees it. *LockedError: it is held by
	// another one by now. When it returns nil the lock was seen to be free and the holder can write no more.
	Break(context.Context, Holder) error
}

// Held is a lock while it is ours.
type Held interface {
	// Context ends, with cause ErrLockLost, when the lock is no longer ours; with cause ErrStale, when somebody
	// wrote the state without it; and with the context of Lock.
	Context() context.Context

	// Holder is what others see.
	Holder() Holder

	// CheckRelease finds out before any change whether the lock can be deleted afterwards: it costs one call
	// and changes nothing. *DeleteDeniedError is a warning, not an obstacle.
	CheckRelease(context.Context) error

	// Release frees the lock and ends Context, also when the context given is over already. Releasing twice is
	// no error. *DeleteDeniedError: it is free, with a warning; ErrLockLost: it had been lost before.
	Release(context.Context) error
}
