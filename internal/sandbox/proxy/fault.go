package proxy

import (
	"math/rand/v2"
	"net/http"
	"path"
	"time"
)

// Rule disturbs the calls that it matches. Its zero value, added, does nothing.
type Rule struct {
	Name      string          // shown in Call.Injected
	Operation string          // glob over "service:Operation", e.g. "ec2:Create*"; "" is all
	Match     func(Call) bool // further condition; nil is all
	Rate      float64         // share of the matching calls that is hit, 0 < Rate < 1; else all of them
	Seed      uint64          // of the choice by Rate
	Skip      int             // matching calls that pass before the first is hit
	Times     int             // calls that are hit before the rule is spent; 0 is without end

	Delay time.Duration // added before the call
	Error *Error        // answered in place of AWS
	Lost  bool          // AWS does it, then the connection is closed without an answer
	Drop  bool          // the connection is closed before AWS hears of it
	Hook  func(Call)    // called before anything else happens to the call

	random *rand.Rand
	seen   int
	hit    int
}

// Cut is a power cut of the client at one mutating call.
type Cut struct {
	At    int             // the number of the mutating call, from 1
	After bool            // the call is done before the lights go out; else AWS never hears of it
	Only  func(Call) bool // counts only these of the mutating calls; nil counts all
	Hook  func(Call)      // kills the client, and returns when it is dead; no answer reaches it any more

	seen int
}

// Add puts a rule behind those there are; the first that hits a call wins, except that delays add up.
func (p *Proxy) Add(rule Rule) {
	rule.random = rand.New(rand.NewPCG(rule.Seed, 0))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rules = append(p.rules, &rule)
}

// Forecast adds the rules of a weather.
func (p *Proxy) Forecast(w Weather) {
	for _, rule := range w.Rules() {
		p.Add(rule)
	}
}

// Calm removes all rules and the latency.
func (p *Proxy) Calm() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rules, p.latency = nil, 0
}

// CutPower arms a power cut: everything after the chosen call is refused until Clear.
func (p *Proxy) CutPower(cut Cut) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut, p.dark = &cut, false
}

// IsCut tells whether the armed power cut has happened.
func (p *Proxy) IsCut() bool { return p.isDark() }

func (c *Cut) hits(call *Call) bool {
	if !call.Mutating() || c.Only != nil && !c.Only(*call) {
		return false
	}
	c.seen++
	return c.seen == c.At
}

// hits counts and decides; p.mu is held.
func (r *Rule) hits(call *Call) bool {
	if matched, err := path.Match(r.Operation, call.String()); r.Operation != "" && (err != nil || !matched) {
		return false
	}
	if r.Match != nil && !r.Match(*call) || r.Times > 0 && r.hit >= r.Times {
		return false
	}
	if r.seen++; r.seen <= r.Skip {
		return false
	}
	if r.Rate > 0 && r.Rate < 1 && r.random.Float64() >= r.Rate {
		return false
	}
	r.hit++
	return true
}

// fault is what will happen to one call.
type fault struct {
	delay  time.Duration
	answer *answer
	refuse bool
	lost   bool
	cut    *Cut
	call   Call
	hooks  []func(Call)
	dark   func()
}

// fault asks the rules; p.mu is held.
func (p *Proxy) fault(r *http.Request, call *Call) *fault {
	f := &fault{call: *call, dark: func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.dark = true
	}}
	for _, rule := range p.rules {
		if !rule.hits(call) {
			continue
		}
		f.delay += rule.Delay
		if rule.Hook != nil {
			f.hooks = append(f.hooks, rule.Hook)
		}
		if rule.Error == nil && !rule.Lost && !rule.Drop {
			continue
		}
		call.Injected, f.lost, f.refuse = rule.Name, rule.Lost, rule.Drop
		if rule.Error != nil {
			f.answer = rule.Error.render(r, call.Operation)
		}
		break
	}
	return f
}

// before runs what precedes the call at AWS and tells whether AWS never hears of it.
func (f *fault) before() bool {
	for _, hook := range f.hooks {
		hook(f.call)
	}
	if f.cut != nil && !f.cut.After {
		f.kill()
		return true
	}
	return f.refuse
}

// after runs what follows the call at AWS and tells whether its answer is lost.
func (f *fault) after() bool {
	if f.cut != nil && f.cut.After {
		f.dark()
		f.kill()
		return true
	}
	return f.lost
}

func (f *fault) kill() {
	if f.cut.Hook != nil {
		f.cut.Hook(f.call)
	}
}
