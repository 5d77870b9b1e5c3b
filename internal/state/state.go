// Package state is the record of an environment: which objects were last applied, what was about to be created
// when a run was cut, who applied what, and who works on it now.
//
// It knows the model, its encoding and the contract of a store. It knows no AWS and no kind of object: documents
// pass through as they are. Losing the record loses no object; it is found again by tags and names.
package state

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Version is the format this binary writes, and the newest it reads.
const Version = 1

// How much history one state keeps; what is older is in the versions of the stored object.
const (
	maxRuns  = 200
	maxPlans = 50
)

// State is the record of one environment. The zero value is not usable; New makes one, Store.Get reads one.
type State struct {
	Version     int    `json:"version"`
	Lineage     string `json:"lineage"` // identity of this record, for good: a rebuilt state has another
	Serial      int64  `json:"serial"`  // counts the writes, set by the store
	Fence       int64  `json:"fence"`   // grows with each holder that writes, set by the store
	Author      string `json:"author"`  // one run's store, so that no two write the same bytes, set by the store
	Project     string `json:"project"`
	Environment string `json:"environment"`
	Account     string `json:"account"`
	Region      string `json:"region"`
	Salt        string `json:"salt"` // key of the fingerprints of secrets

	Objects     map[string]Object `json:"objects"`               // by address
	Generations map[string]int    `json:"generations,omitempty"` // by address: how often an object of it was deleted
	Runs        []Run             `json:"runs,omitempty"`        // newest last
	Plans       []string          `json:"plans,omitempty"`       // digests of saved plans that were applied
}

// Object is one object as it was last applied, or is about to be.
type Object struct {
	Kind     string          `json:"kind"`
	ID       string          `json:"id,omitempty"` // empty until AWS has named it
	Document json.RawMessage `json:"document,omitempty"`
	Edges    []string        `json:"edges,omitempty"` // addresses it refers to
	Journal  *Journal        `json:"journal,omitempty"`
	Since    time.Time       `json:"since,omitzero"`
}

// Journal says what was about to be done to an object; it is written before the call and removed after it.
type Journal struct {
	Action string    `json:"action"` // "create", "update" or "delete"
	Token  string    `json:"token,omitempty"`
	Since  time.Time `json:"since"`
	Run    string    `json:"run,omitempty"`
}

// Run is one command that held the lock: who did what, when, and how it ended.
type Run struct {
	ID          string    `json:"id"`
	Command     string    `json:"command"`
	Who         string    `json:"who,omitempty"`
	Host        string    `json:"host,omitempty"`
	ToolVersion string    `json:"tool-version,omitempty"`
	Started     time.Time `json:"started"`
	Ended       time.Time `json:"ended,omitzero"`
	Outcome     string    `json:"outcome,omitempty"` // empty: cut short
	Created     int       `json:"created,omitempty"`
	Updated     int       `json:"updated,omitempty"`
	Deleted     int       `json:"deleted,omitempty"`
	Failed      int       `json:"failed,omitempty"`
	Recovered   int       `json:"recovered,omitempty"`
	Error       string    `json:"error,omitempty"`
}

// New is the record of an environment nothing is known of, with a lineage and a salt of its own.
func New(project, environment, account, region string) State {
	return State{
		Version: Version, Lineage: NewID(), Salt: NewID(),
		Project: project, Environment: environment, Account: account, Region: region,
		Objects: map[string]Object{}, Generations: map[string]int{},
	}
}

// NewID is a random identity of 128 bits in hexadecimal digits.
func NewID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails: it ends the program where the system has no randomness
	return hex.EncodeToString(b[:])
}

// Clone is an independent copy; documents are shared since nobody writes into one.
func (s State) Clone() State {
	s.Objects = maps.Clone(s.Objects)
	for address, o := range s.Objects {
		o.Edges = slices.Clone(o.Edges)
		if o.Journal != nil {
			j := *o.Journal
			o.Journal = &j
		}
		s.Objects[address] = o
	}
	s.Generations = maps.Clone(s.Generations)
	s.Runs = slices.Clone(s.Runs)
	s.Plans = slices.Clone(s.Plans)
	return s
}

// Record adds a run, or replaces the one with its id, and forgets the oldest above 200.
func (s *State) Record(r Run) {
	if i := slices.IndexFunc(s.Runs, func(have Run) bool { return have.ID == r.ID }); i >= 0 {
		s.Runs = slices.Clone(s.Runs)
		s.Runs[i] = r
		return
	}
	s.Runs = last(append(slices.Clone(s.Runs), r), maxRuns)
}

// PlanApplied remembers the digest of a saved plan, so that it is refused a second time.
func (s *State) PlanApplied(digest string) {
	if !s.HasApplied(digest) {
		s.Plans = last(append(slices.Clone(s.Plans), digest), maxPlans)
	}
}

// HasApplied says whether a saved plan with this digest was applied before.
func (s State) HasApplied(digest string) bool { return slices.Contains(s.Plans, digest) }

// Deleted removes an address and counts its generation, so that a later create gets another client token.
func (s *State) Deleted(address string) {
	delete(s.Objects, address)
	if s.Generations == nil {
		s.Generations = map[string]int{}
	}
	s.Generations[address]++
}

// Fingerprint stands for a secret in documents: equal secrets have equal fingerprints within one state, and
// nothing of the secret can be told from it.
func (s State) Fingerprint(secret string) string {
	mac := hmac.New(sha256.New, []byte(s.Salt))
	mac.Write([]byte(secret))
	return fmt.Sprintf("hmac-sha256:%x", mac.Sum(nil)[:16])
}

func last[T any](all []T, n int) []T {
	if len(all) > n {
		return slices.Clone(all[len(all)-n:])
	}
	return all
}
