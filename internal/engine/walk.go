package engine

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"
)

// task is one object's work in a walk: making it as wanted, or taking it away.
type task struct {
	kind   Kind
	change *Change
	action Action
	// wants maps each address it refers to, to the attributes it needs.
	wants map[string][]string
	// after are tasks that must be done first, whatever they report.
	after   []*task
	pole    time.Duration // how long the longest chain from here usually takes
	phase   Phase
	started time.Time
	seen    time.Time // what it knows of AWS is of a read that started then
	found   *Object   // as find last saw it, until somebody looks at it
	asked   time.Time // when the object was last asked to change
	odd     time.Time // since when AWS reports a field otherwise that cannot be changed
	tagged  bool      // its tags were set in this run
	met     bool      // it is as wanted
	renewed bool      // its client token was replaced by a new one
	// holders use what this delete takes away, until there is another.
	holders []string
}

func (t *task) usual() time.Duration {
	switch t.action {
	case Delete:
		return t.kind.timing.Delete
	case Update:
		return t.kind.timing.Update
	}
	return t.kind.timing.Create
}

// stuck reports whether the task ended without its object being as wanted.
func (t *task) stuck() bool { return t.phase != "" && t.phase != Started && t.phase != Done }

// mutation is a call after which the task needs news of AWS.
func (t *task) mutation(call func() error) func() error {
	return func() error {
		err := call()
		t.seen = time.Now()
		return err
	}
}

// walk works on all tasks, each as soon as what it needs is there, longest
// pole first. A failure stops what depends on it and nothing else.
func (r *run) walk(ctx context.Context, tasks []*task) {
	makers := map[string]*task{}
	for _, t := range tasks {
		if t.action != Delete {
			makers[t.change.Address] = t
		}
	}
	poles(tasks, makers)
	stop, running := r.Stop, 0
	finished := make(chan struct{}, len(tasks))
	for {
		r.mu.Lock()
		changed := r.changed
		r.skip(ctx, tasks, makers)
		for _, t := range tasks {
			if t.phase == "" && running < limit && r.able(t, makers) {
				t.phase, t.started = Started, time.Now()
				running++
				go func() {
					r.finish(t, r.work(ctx, t))
					finished <- struct{}{}
				}()
			}
		}
		r.mu.Unlock()
		if running == 0 {
			if untie(tasks) {
				continue
			}
			break
		}
		select {
		case <-finished:
			running--
		case <-changed:
		case <-stop:
			stop = nil
		}
	}
	r.tied(tasks)
	r.outcome.Stopped = r.stopped(ctx)
}

// tied books what never began, as it waits for itself.
func (r *run) tied(tasks []*task) {
	for _, t := range tasks {
		if t.phase == "" {
			r.outcome.Err = errors.Join(r.outcome.Err, &OpError{string(t.action), t.change.Address, errors.New("waits for itself")})
		}
	}
}

// untie lets deletes go that wait for each other: AWS refuses the one that has
// to wait, and it is asked again.
func untie(tasks []*task) bool {
	var tied []*task
	for _, t := range tasks {
		if t.phase == "" && t.action == Delete && t.waitsFor(t, map[*task]bool{}) {
			tied = append(tied, t)
		}
	}
	for _, t := range tied {
		t.after = slices.DeleteFunc(t.after, func(a *task) bool { return slices.Contains(tied, a) })
	}
	return len(tied) > 0
}

// waitsFor reports whether what t waits for comes to other.
func (t *task) waitsFor(other *task, seen map[*task]bool) bool {
	return slices.ContainsFunc(t.after, func(a *task) bool {
		if a == other {
			return true
		}
		if seen[a] {
			return false
		}
		seen[a] = true
		return a.waitsFor(other, seen)
	})
}

// skip gives up what can no longer be done. The caller holds mu.
func (r *run) skip(ctx context.Context, tasks []*task, makers map[string]*task) {
	for again := true; again; {
		again = false
		for _, t := range tasks {
			if t.phase == "" && (r.stopped(ctx) || r.blocked(t, makers)) {
				t.phase, again = Skipped, true
				r.leave(t.change.Address)
				r.emit(t, Skipped, "")
			}
		}
	}
}

// leave books an address as left undone, once though a replacement is two
// tasks. The caller holds mu.
func (r *run) leave(address string) {
	if !slices.Contains(r.outcome.Skipped, address) {
		r.outcome.Skipped = append(r.outcome.Skipped, address)
	}
}

// blocked reports whether something the task needs will not come in this run.
func (r *run) blocked(t *task, makers map[string]*task) bool {
	if slices.ContainsFunc(t.after, (*task).stuck) {
		return true
	}
	for address, attributes := range t.wants {
		if m := makers[address]; m != nil && m.stuck() && !r.early(m, attributes) {
			return true
		}
	}
	return false
}

// able reports whether all that the task needs is there.
func (r *run) able(t *task, makers map[string]*task) bool {
	if slices.ContainsFunc(t.after, func(a *task) bool { return a.phase != Done }) {
		return false
	}
	for address, attributes := range t.wants {
		m := makers[address]
		if m != nil && m.phase != Done && !r.early(m, attributes) {
			return false
		}
	}
	return true
}

// early reports whether attributes are good before the object they belong to is
// done with.
func (r *run) early(m *task, attributes []string) bool {
	return m.kind.early && !slices.ContainsFunc(attributes, func(a string) bool {
		_, known := r.look(m.change.Address, a)
		return !known || m.action == Update && slices.Contains(m.kind.volatile, a)
	})
}

// poles sorts the tasks by how long the chain that starts at each takes.
func poles(tasks []*task, makers map[string]*task) {
	const step = 2 * time.Second // what an object of no stated duration takes
	for i := len(tasks) - 1; i >= 0; i-- {
		t := tasks[i]
		t.pole += t.usual() + step
		for address := range t.wants {
			if m := makers[address]; m != nil {
				m.pole = max(m.pole, t.pole)
			}
		}
	}
	slices.SortStableFunc(tasks, func(a, b *task) int { return cmp.Compare(b.pole, a.pole) })
}

func (r *run) stopped(ctx context.Context) bool {
	select {
	case <-r.Stop:
		return true
	default:
		return ctx.Err() != nil
	}
}

// finish books what came of a task.
func (r *run) finish(t *task, err error) {
	phase, text := Done, ""
	r.mu.Lock()
	switch {
	case err == nil:
		switch t.action {
		case Create:
			r.outcome.Created++
		case Update:
			r.outcome.Updated++
		case Replace:
			r.outcome.Created++
		case Delete:
			r.outcome.Deleted++
		}
	case errors.Is(err, errPerson):
		phase, text = Person, r.live[t.change.Address].Reason
		r.outcome.Waiting = append(r.outcome.Waiting, Note{t.change.Address, text})
	case errors.Is(err, errStopped):
		phase = Stopped
		r.leave(t.change.Address)
	default:
		phase, text = Erred, r.words(err)
		op := string(t.action)
		r.outcome.Err = errors.Join(r.outcome.Err, &OpError{Op: op, Address: t.change.Address, Err: err})
	}
	r.mu.Unlock()
	r.emit(t, phase, text) // before anything begins that waited for it
	r.mu.Lock()
	defer r.mu.Unlock()
	t.phase = phase
	r.wake()
}

// work does a task. What fails because everything was ended was stopped.
func (r *run) work(ctx context.Context, t *task) error {
	r.emit(t, Started, "")
	do := r.converge
	if t.action == Delete {
		do = r.remove
	}
	err := do(ctx, t)
	if err != nil && ctx.Err() != nil && (errors.Is(err, ctx.Err()) || errors.Is(err, context.Cause(ctx))) {
		return errors.Join(errStopped, err)
	}
	return err
}
