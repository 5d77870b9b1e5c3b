package aws

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"
)

// slowZone takes a second a call and refuses a change of the name "wrong" with
// the batch that it is in, and two calls at the same time.
type slowZone struct {
	busy    atomic.Bool
	mu      sync.Mutex
	batches [][]string
}

func (z *slowZone) send(_ context.Context, _ string, changes []types.Change) error {
	if !z.busy.CompareAndSwap(false, true) {
		return errors.New("PriorRequestNotComplete")
	}
	defer z.busy.Store(false)
	time.Sleep(time.Second)
	var names []string
	var err error
	for _, c := range changes {
		names = append(names, *c.ResourceRecordSet.Name)
		if *c.ResourceRecordSet.Name == "wrong" {
			err = &types.InvalidChangeBatch{}
		}
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	z.batches = append(z.batches, names)
	return err
}

func aChange(name string) types.Change {
	return types.Change{Action: types.ChangeActionUpsert, ResourceRecordSet: &types.ResourceRecordSet{Name: aws.String(name)}}
}

func TestZoneChangesGoTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		zone := &slowZone{}
		changes := newZoneChanges(zone.send)
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				if err := changes.do(t.Context(), "Z1", aChange(strconv.Itoa(i))); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		done := map[string]bool{}
		for _, batch := range zone.batches {
			for _, name := range batch {
				done[name] = true
			}
		}
		if len(done) != 20 || len(zone.batches) > 3 {
			t.Errorf("%d changes in %d calls", len(done), len(zone.batches))
		}
	})
}

func TestZoneChangesSurviveAWrongOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		zone := &slowZone{}
		changes := newZoneChanges(zone.send)
		var failed sync.Map
		var wg sync.WaitGroup
		for _, name := range []string{"first", "a", "wrong", "b"} {
			wg.Go(func() {
				if err := changes.do(t.Context(), "Z1", aChange(name)); err != nil {
					failed.Store(name, err)
				}
			})
		}
		wg.Wait()
		for _, name := range []string{"first", "a", "b"} {
			if err, is := failed.Load(name); is {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err, _ := failed.Load("wrong"); err == nil || !isInvalidBatch(err.(error)) {
			t.Errorf("the wrong one: %v", err)
		}
	})
}

func TestZoneChangesStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		zone := &slowZone{}
		changes := newZoneChanges(zone.send)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { _ = changes.do(t.Context(), "Z1", aChange("first")) })
		synctest.Wait()
		wg.Go(func() {
			if err := changes.do(ctx, "Z1", aChange("second")); !errors.Is(err, context.Canceled) {
				t.Errorf("a change that was not sent: %v", err)
			}
		})
		synctest.Wait()
		cancel()
		wg.Wait()
		if err := changes.do(t.Context(), "Z1", aChange("third")); err != nil {
			t.Errorf("the zone stays blocked: %v", err)
		}
	})
}
