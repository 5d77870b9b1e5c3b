package proxy

import (
	"slices"
	"time"
)

// Call is one request as the proxy saw it.
type Call struct {
	Operation
	Seq      int       // 1 for the first call since the record was cleared
	Change   int       // 1 for the first mutating call, 0 for reads
	Start    time.Time // when the request had arrived in full
	End      time.Time // when the answer was ready, or the connection was closed
	Status   int       // HTTP status; 0: no answer was given
	Injected string    // name of the rule that made this answer; "" for moto's own
	Request  []byte    // body of the request
	Header   map[string][]string
	Answer   []byte // body of moto's answer, also where it was lost on the way
	Query    string // raw query of the request
}

// Duration is the time the call took, with the latency that was added.
func (c Call) Duration() time.Duration { return c.End.Sub(c.Start) }

// Record is a list of calls in the order in which they arrived.
type Record []Call

// Where keeps the calls that match.
func (r Record) Where(match func(Call) bool) Record {
	return slices.DeleteFunc(slices.Clone(r), func(c Call) bool { return !match(c) })
}

// Class keeps the calls of a class.
func (r Record) Class(class Class) Record {
	return r.Where(func(c Call) bool { return c.Operation.Class == class })
}

// Mutating keeps the calls that change infrastructure or state.
func (r Record) Mutating() Record { return r.Where(func(c Call) bool { return c.Mutating() }) }

// Count counts calls by operation, e.g. "ec2:CreateVpc".
func (r Record) Count() map[string]int {
	counts := map[string]int{}
	for _, c := range r {
		counts[c.String()]++
	}
	return counts
}

// Wall is the time from the first request to the last answer.
func (r Record) Wall() time.Duration {
	if len(r) == 0 {
		return 0
	}
	first, last := r[0].Start, r[0].End
	for _, c := range r {
		if c.Start.Before(first) {
			first = c.Start
		}
		if c.End.After(last) {
			last = c.End
		}
	}
	return last.Sub(first)
}

// Depth is the largest number of calls of which each started after the one before had ended: the round trips that a
// client waited for one after the other.
func (r Record) Depth() int { return len(r.Chain()) }

// Chain is one such longest sequence, chosen by earliest end (greedy interval scheduling, which is optimal).
func (r Record) Chain() Record {
	byEnd := slices.Clone(r)
	slices.SortStableFunc(byEnd, func(a, b Call) int { return a.End.Compare(b.End) })
	var chain Record
	for _, c := range byEnd {
		if len(chain) == 0 || !c.Start.Before(chain[len(chain)-1].End) {
			chain = append(chain, c)
		}
	}
	return chain
}
