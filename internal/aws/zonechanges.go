package aws

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/route53/types"
)

// zoneChanges makes the changes of a zone one call after the other, as Route 53
// refuses a second one while the first is under way. What comes up meanwhile
// goes together in the next.
type zoneChanges struct {
	send    func(ctx context.Context, zone string, changes []types.Change) error
	mu      sync.Mutex
	turns   map[string]chan struct{} // by zone; holds a token while a call is under way
	waiting map[string]*changeBatch
}

// changeBatch is a call to be made.
type changeBatch struct {
	changes []types.Change
	errs    []error
	done    chan struct{}
}

func newZoneChanges(send func(context.Context, string, []types.Change) error) *zoneChanges {
	return &zoneChanges{send: send, turns: map[string]chan struct{}{}, waiting: map[string]*changeBatch{}}
}

// do makes a change, and returns once AWS has taken it.
func (z *zoneChanges) do(ctx context.Context, zone string, change types.Change) error {
	z.mu.Lock()
	turn := z.turns[zone]
	if turn == nil {
		turn = make(chan struct{}, 1)
		z.turns[zone] = turn
	}
	b, joins := z.waiting[zone]
	if !joins {
		b = &changeBatch{done: make(chan struct{})}
		z.waiting[zone] = b
	}
	mine := len(b.changes)
	b.changes = append(b.changes, change)
	z.mu.Unlock()
	if !joins {
		z.lead(ctx, zone, turn, b)
	}
	select {
	case <-b.done:
		return b.errs[mine]
	case <-ctx.Done():
		return ctx.Err()
	}
}

// lead waits for the zone and sends the batch for all who are in it by then.
func (z *zoneChanges) lead(ctx context.Context, zone string, turn chan struct{}, b *changeBatch) {
	err := ctx.Err()
	select {
	case turn <- struct{}{}:
		defer func() { <-turn }()
	case <-ctx.Done():
		err = ctx.Err()
	}
	z.mu.Lock()
	delete(z.waiting, zone)
	z.mu.Unlock()
	defer close(b.done)
	b.errs = make([]error, len(b.changes))
	if err == nil {
		err = z.send(ctx, zone, b.changes)
	}
	for i := range b.errs {
		b.errs[i] = err
		// A batch is done as a whole or not at all: one that is wrong must not hold up
		// the others.
		if isInvalidBatch(err) && len(b.errs) > 1 {
			b.errs[i] = z.send(ctx, zone, b.changes[i:i+1])
		}
	}
}
