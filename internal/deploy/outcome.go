package deploy

import (
	"maps"
	"slices"
	"time"
)

// How a deployment ended, as far as its client has seen.
const (
	Done        = "done"        // every instance runs the release
	Unchanged   = "unchanged"   // it ran everywhere already
	Refused     = "refused"     // nothing was begun
	Failed      = "failed"      // it failed and was not taken back
	TakenBack   = "taken back"  // it failed or was stopped, and the release before runs again
	Interrupted = "interrupted" // AWS goes on with it
)

// Outcome is what came of a deployment, for programs and for messages.
type Outcome struct {
	Environment string `json:"environment"`
	Kind        string `json:"kind"`
	Version     string `json:"version,omitempty"`
	// Previous is what ran before; "" before the first release.
	Previous   string    `json:"previous,omitempty"`
	By         string    `json:"by,omitempty"`
	Status     string    `json:"status"`
	Deployment string    `json:"deployment,omitempty"`
	Rollback   string    `json:"rollback,omitempty"`
	Started    time.Time `json:"started"`
	Ended      time.Time `json:"ended"`
	Before     *Before   `json:"before,omitempty"`
	// Instances are those in service, with the release that each runs.
	Instances map[string]string `json:"instances,omitempty"`
	// Failures are the steps that failed, by instance.
	Failures map[string]Event `json:"failures,omitempty"`
	Problems []Problem        `json:"problems,omitempty"`
	Error    string           `json:"error,omitempty"`
	Code     int              `json:"exit-code"`
}

// Others are the instances that run something else than a release, sorted.
func (o Outcome) Others(version string) []string {
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(o.Instances)) {
		if o.Instances[id] != version {
			ids = append(ids, id)
		}
	}
	return ids
}
