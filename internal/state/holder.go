package state

import (
	"encoding/json"
	"fmt"
	"time"
)

// DefaultLease is how long a holder that no longer renews keeps its lock.
const DefaultLease = time.Minute

// Holder is who holds a lock, and what proves that it is alive or dead.
type Holder struct {
	ID          string // of this hold: no two have the same
	Who         string // identity in AWS, or the user's name
	Host        string
	PID         int
	Command     string
	ToolVersion string

	Started    time.Time
	Renewed    time.Time // last heartbeat; as read it is the store's own clock, not the holder's
	Released   time.Time // set: nobody holds it, the note could not be deleted
	Lease      time.Duration
	Generation int64 // counts the take-overs of this lock

	// Boot and ProcessStart make "died on this machine" provable: process ids are used again, after a
	// restart from the beginning. Empty where the system does not tell; then only the lease counts.
	Boot         string
	ProcessStart string
}

// Name is the holder in words: who, on which machine, as which process.
func (h Holder) Name() string {
	if h.ID == "" {
		return "someone who left no name"
	}
	who := h.Who
	if who == "" {
		who = "someone"
	}
	if h.Host == "" {
		return who
	}
	return fmt.Sprintf("%s on %s (process %d)", who, h.Host, h.PID)
}

// Same says whether both are the same hold, however often it was renewed.
func (h Holder) Same(other Holder) bool { return h.ID == other.ID && h.Generation == other.Generation }

// holderJSON fixes the names in the stored lock, which people read when something went wrong.
type holderJSON struct {
	ID           string    `json:"id"`
	Who          string    `json:"who,omitempty"`
	Host         string    `json:"host,omitempty"`
	PID          int       `json:"pid,omitempty"`
	Command      string    `json:"command,omitempty"`
	ToolVersion  string    `json:"tool-version,omitempty"`
	Started      time.Time `json:"started"`
	Renewed      time.Time `json:"renewed"`
	Released     time.Time `json:"released,omitzero"`
	Lease        string    `json:"lease"`
	Generation   int64     `json:"generation"`
	Boot         string    `json:"boot,omitempty"`
	ProcessStart string    `json:"process-start,omitempty"`
}

// MarshalJSON writes lower-case hyphenated keys and the lease in words.
func (h Holder) MarshalJSON() ([]byte, error) {
	return json.Marshal(holderJSON{
		h.ID, h.Who, h.Host, h.PID, h.Command, h.ToolVersion, h.Started, h.Renewed, h.Released,
		h.Lease.String(), h.Generation, h.Boot, h.ProcessStart,
	})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (h *Holder) UnmarshalJSON(b []byte) error {
	var j holderJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	lease, err := time.ParseDuration(j.Lease)
	if err != nil {
		return fmt.Errorf("lease: %w", err)
	}
	*h = Holder{
		j.ID, j.Who, j.Host, j.PID, j.Command, j.ToolVersion, j.Started, j.Renewed, j.Released,
		lease, j.Generation, j.Boot, j.ProcessStart,
	}
	return nil
}
