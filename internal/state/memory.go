package state

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/state/process"
)

// Memory is a store for tests: the logic of Remote over an object storage in memory. Each Memory acts as a process
// of its own on a machine of its own.
type Memory struct {
	*Remote
	objects *memoryObjects
	self    process.Identity
}

// NewMemory is an empty store of the environment "test".
func NewMemory() *Memory {
	return newMemory(&memoryObjects{items: map[string]Item{}, dead: map[string]bool{}})
}

// Open is another store over the same storage, as another run would have it.
func (m *Memory) Open() *Memory { return newMemory(m.objects) }

func newMemory(objects *memoryObjects) *Memory {
	m := &Memory{objects: objects, self: process.Identity{Host: "memory", Boot: "memory", PID: 1, Start: NewID()}}
	m.Remote = Open(objects, "test", Options{
		Self: func() process.Identity { return m.self },
		Dead: func(h Holder) bool { return objects.isDead(h.ProcessStart) },
	})
	return m
}

// Kill acts as if the process of this store had been killed: nothing is released, its lock is taken over by the
// next one that wants it, and its later writes are refused.
func (m *Memory) Kill() {
	m.objects.kill(m.self.Start)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.held != nil {
		m.held.die()
	}
}

// Stored is the stored state byte by byte, nil when there is none.
func (m *Memory) Stored() []byte {
	m.objects.mu.Lock()
	defer m.objects.mu.Unlock()
	return m.objects.items[m.stateKey].Body
}

// Plant replaces the stored state byte by byte behind everybody's back; nil removes it.
func (m *Memory) Plant(body []byte) {
	m.objects.mu.Lock()
	defer m.objects.mu.Unlock()
	if body == nil {
		delete(m.objects.items, m.stateKey)
		return
	}
	m.objects.store(m.stateKey, body)
}

type memoryObjects struct {
	mu     sync.Mutex
	items  map[string]Item
	writes int
	dead   map[string]bool // starts of killed processes
}

func (o *memoryObjects) Name(key string) string { return "memory:" + key }

func (o *memoryObjects) Read(ctx context.Context, key string) (Item, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	item, ok := o.items[key]
	if !ok {
		return Item{}, cmp.Or(ctx.Err(), ErrNone)
	}
	item.Seen = time.Now()
	return item, ctx.Err()
}

func (o *memoryObjects) Write(ctx context.Context, key string, body []byte, match string) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if o.items[key].Tag != match {
		return "", ErrChanged
	}
	return o.store(key, body), nil
}

func (o *memoryObjects) Remove(ctx context.Context, key, match string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch item, ok := o.items[key]; {
	case ctx.Err() != nil:
		return ctx.Err()
	case !ok:
		return ErrNone
	case item.Tag != match:
		return ErrChanged
	}
	delete(o.items, key)
	return nil
}

func (o *memoryObjects) store(key string, body []byte) string {
	o.writes++
	tag := fmt.Sprint(o.writes)
	o.items[key] = Item{Body: body, Tag: tag, Written: time.Now()}
	return tag
}

func (o *memoryObjects) kill(start string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.dead[start] = true
}

func (o *memoryObjects) isDead(start string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.dead[start]
}
