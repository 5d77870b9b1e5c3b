package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// Switch makes another of the environment's clusters the one that its
// application uses, by exchanging names: what they are called, their endpoints
// and what keyedin knows them by. Nothing is deleted. It looks, does what is to
// be done next and waits, until there is nothing left; so that it can be cut
// anywhere, and the same call again goes on.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_RenameInstance.html
type Switch struct {
	Databases
	// To is the name that the new cluster has before.
	To    string
	Shape Shape
	// Now is when it was begun, for the old cluster's name.
	Now time.Time
}

// NotReady reports a cluster that the application could not use.
type NotReady struct{ Name, Why string }

func (e *NotReady) Error() string {
	return fmt.Sprintf("%s is not ready to be used: %s", e.Name, e.Why)
}

// pair is the two clusters of a switch; old is nil where there is none. stale
// are others that the new one replaced when it was the application's before.
type pair struct {
	old, new *Cluster
	stale    []Cluster
}

// look finds the two. The new one has the name it is asked for by, or had it;
// the old one is marked with what replaces it, or is the application's own.
func (s Switch) look(ctx context.Context) (pair, error) {
	all, err := s.List(ctx)
	if err != nil {
		return pair{}, err
	}
	var p pair
	for i, c := range all {
		if c.Name == s.To || c.Name == s.Name && c.Tags[TagWas] == s.To && p.new == nil {
			p.new = &all[i]
		}
	}
	if p.new == nil {
		return pair{}, &NoCluster{s.To}
	}
	for i, c := range all {
		if c.Name == s.Name && c.ResourceID != p.new.ResourceID {
			p.old = &all[i]
		}
	}
	for i, c := range all {
		switch {
		case c.Tags[TagReplaced] != p.new.ResourceID || p.old == &all[i]:
		case p.old == nil:
			p.old = &all[i]
		default:
			p.stale = append(p.stale, c)
		}
	}
	return p, nil
}

// Check tells before anything is done whether the switch can be made, and what
// takes part in it; old is nil where there is none. done: it was made before.
func (s Switch) Check(ctx context.Context) (old *Cluster, new Cluster, done bool, err error) {
	p, err := s.look(ctx)
	if err != nil {
		return nil, Cluster{}, false, err
	}
	begins := p.old != nil && p.old.Name == s.Name
	writer := slices.ContainsFunc(p.new.Instances, func(i Instance) bool { return i.Writer })
	switch {
	case p.new.isBroken() != nil:
		err = p.new.isBroken()
	case begins && p.old.isBroken() != nil:
		err = p.old.isBroken()
	case p.new.Name == s.Name:
		done = len(s.steps(p)) == 0 && p.new.isReady()
	case p.new.Secret == "" || !writer || begins && (!p.new.isReady() || p.new.SecretState != active):
		err = &NotReady{p.new.Name, p.new.progress() + ". A restore that was interrupted goes on when it is typed again"}
	}
	return p.old, *p.new, done, err
}

// Run makes the switch, and gives the two clusters as they are then.
func (s Switch) Run(ctx context.Context) (old *Cluster, new Cluster, err error) {
	said, mark := map[string]bool{}, ""
	for n := 0; ; n++ {
		p, err := s.find(ctx, mark)
		if err != nil {
			return nil, Cluster{}, err
		}
		if p.new != nil {
			mark = p.new.ResourceID
			steps := s.steps(p)
			fresh, err := s.take(ctx, steps, said)
			if err != nil {
				return p.old, *p.new, err
			}
			if fresh {
				n = 0
			}
			if len(steps) == 0 && p.settled() {
				return p.old, *p.new, nil
			}
		}
		if err := s.pause(ctx, n); err != nil {
			return nil, Cluster{}, err
		}
	}
}

// find looks for the two. One that was seen before may be missing while RDS
// gives it another name.
func (s Switch) find(ctx context.Context, mark string) (pair, error) {
	p, err := s.look(ctx)
	if _, none := errors.AsType[*NoCluster](err); none && mark != "" {
		return pair{}, nil
	}
	if err == nil && mark != "" && p.new.ResourceID != mark {
		return pair{}, nil
	}
	return p, err
}

// step is a call that a switch makes, and what it is for.
type step struct {
	text string
	do   func(context.Context) error
}

// take takes steps; what RDS is not ready for is tried again after the next
// look. fresh: one of them was not taken before.
func (s Switch) take(ctx context.Context, steps []step, said map[string]bool) (fresh bool, err error) {
	for _, step := range steps {
		if !said[step.text] {
			s.Tell(step.text)
			said[step.text], fresh = true, true
		}
		if err := unlessBusy(step.do(ctx)); err != nil {
			return fresh, err
		}
	}
	return fresh, nil
}

func (p pair) settled() bool {
	if p.old != nil && !p.old.isReady() && p.old.isBroken() == nil {
		return false
	}
	return p.new.isReady()
}

// steps are what is to be done next, in order; none: the names are exchanged.
func (s Switch) steps(p pair) []step {
	var all []step
	for _, c := range p.stale {
		all = append(all, s.tag(c.Name, c.ARN, nil, []string{TagReplaced}))
	}
	if p.new.Name == s.To && p.new.Tags[TagWas] != s.To {
		all = append(all, s.tag(p.new.Name, p.new.ARN, map[string]string{TagWas: s.To}, nil))
	}
	marked := len(all) == 0
	if p.old != nil {
		all = append(all, s.aside(*p.old, p.new.ResourceID, marked)...)
	}
	switch {
	case p.new.Name == s.Name:
		all = append(all, s.become(*p.new, p.old)...)
	case marked && (p.old == nil || p.old.Name != s.Name) && p.new.State == available:
		all = append(all, s.rename(*p.new, s.Name))
	}
	return all
}

// aside takes the old cluster away: first its marks, then its name, then those
// of its instances.
func (s Switch) aside(old Cluster, replaced string, marked bool) []step {
	var all []step
	_, addressed := old.Tags[engine.TagAddress]
	if old.Tags[TagReplaced] != replaced || addressed {
		all = append(all, s.tag(old.Name, old.ARN, map[string]string{TagReplaced: replaced}, []string{engine.TagAddress, TagWas}))
	}
	for _, i := range old.Instances {
		if _, addressed := i.Tags[engine.TagAddress]; addressed {
			all = append(all, s.tag(i.Name, i.ARN, nil, []string{engine.TagAddress}))
		}
	}
	if old.Name == s.Name {
		if marked && len(all) == 0 && old.State == available {
			all = append(all, s.rename(old, s.before()))
		}
		return all
	}
	for _, m := range s.Shape.Instances {
		for _, i := range old.Instances {
			if i.Name == m.Spec.Name && i.State == available {
				all = append(all, s.renameInstance(i, old.Name+"-"+m.Role))
			}
		}
	}
	if len(old.Logs) > 0 && old.State == available {
		all = append(all, s.logs(old, nil))
	}
	return all
}

// before is the old cluster's new name.
func (s Switch) before() string {
	return fitted(longestCluster, s.Name, "before-"+s.Now.UTC().Format(stamp))
}

// become gives the new cluster, which has the name by now, what else makes it
// the application's: its instances' names, its address, its logs.
func (s Switch) become(c Cluster, old *Cluster) []step {
	var all []step
	_, replaced := c.Tags[TagReplaced]
	if c.Tags[engine.TagAddress] != s.Shape.Address || replaced {
		all = append(all, s.tag(c.Name, c.ARN, map[string]string{engine.TagAddress: s.Shape.Address}, []string{TagReplaced}))
	}
	taken := func(name string) bool {
		is := func(i Instance) bool { return i.Name == name }
		return slices.ContainsFunc(c.Instances, is) || old != nil && slices.ContainsFunc(old.Instances, is)
	}
	for _, m := range s.Shape.Instances {
		for _, i := range c.Instances {
			switch {
			case i.Name == m.Spec.Name && i.State != "" && i.Tags[engine.TagAddress] != m.Address:
				all = append(all, s.tag(i.Name, i.ARN, map[string]string{engine.TagAddress: m.Address}, nil))
			case i.Name == s.To+"-"+m.Role && i.State == available && !taken(m.Spec.Name):
				all = append(all, s.renameInstance(i, m.Spec.Name))
			}
		}
	}
	if c.State == available && !same(c.Logs, s.Shape.Cluster.LogExports) {
		all = append(all, s.logs(c, s.Shape.Cluster.LogExports))
	}
	return all
}

func same(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// Halfway reports whether a switch was begun and not finished.
func (s Switch) Halfway(ctx context.Context) (bool, error) {
	all, err := s.List(ctx)
	if err != nil {
		return false, err
	}
	if len(all) == 0 || all[0].Name != s.Name || all[0].Tags[engine.TagAddress] == "" {
		return true, nil
	}
	if all[0].Tags[TagWas] != s.To {
		return false, nil
	}
	p, err := s.look(ctx)
	return err == nil && (p.new.Name == s.Name && len(s.steps(p)) > 0 || !p.new.isReady()), err
}
