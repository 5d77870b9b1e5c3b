package config

// Fault is one thing that is wrong with a config file.
type Fault struct {
	File         string // as it was given to Load or Parse
	Line, Column int    // from 1; 0: not in the file
	Path         string // of the key, such as network.zones; empty: the whole file
	Text         string // the offending line
	Message      string // what is wrong, and why
	Hint         string // the nearest valid key or value, or what to do instead
}
