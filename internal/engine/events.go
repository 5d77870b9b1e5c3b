package engine

import "time"

// Phase is how far the work on one object is.
type Phase string

// Phases of the work on an object.
const (
	Started   Phase = "started"
	Busying   Phase = "waiting" // asked AWS, or about to ask again; Text says for what
	Done      Phase = "done"
	Erred     Phase = "failed"
	Skipped   Phase = "skipped"   // something it depends on failed, waits, or was stopped
	Person    Phase = "person"    // a person has to act; Text says what
	Recovered Phase = "recovered" // found again after an interrupted create
	Stopped   Phase = "stopped"
)

// Event is one step of an apply.
type Event struct {
	At      time.Time
	Address string
	Action  Action
	Phase   Phase
	Text    string
	// Usual is how long the step takes as a rule, 0 when it takes seconds.
	Usual time.Duration
	// Elapsed is the time since the step started.
	Elapsed time.Duration
}

// Outcome is what an apply came to.
type Outcome struct {
	Created, Updated, Deleted int
	// Recovered are addresses whose object an interrupted run had made.
	Recovered []string
	// Waiting lists what a person has to do before the rest can go on.
	Waiting []Note
	// Skipped are addresses left undone because of another's failure or wait.
	Skipped []string
	// Stopped is true when the run was interrupted.
	Stopped bool
	// Err joins what went wrong, an OpError for each object.
	Err error
}
