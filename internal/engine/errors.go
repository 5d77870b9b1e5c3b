package engine

// Meaning is what an error from a driver means to the engine. The table that
// maps the cloud's codes to it is the driver side's.
type Meaning int

// Meanings of errors. Only NotYet, Busy and Throttled are tried again, on the
// engine's clock; Lost and Conflict are followed by a read.
const (
	Other     Meaning = iota
	NotFound          // the object is not there
	NotYet            // something it needs is not usable yet: a role just made, an id not visible
	Conflict          // it exists already
	Busy              // something still depends on it, or another change is under way
	Throttled         // too many calls
	Denied            // not allowed
	Quota             // a limit of the account
	Lost              // no answer: it may have been done or not
	Expired           // the credentials ran out
)

// Classifier tells what an error means.
type Classifier func(error) Meaning
