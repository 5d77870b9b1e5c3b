// Package process says which process this is and whether another one has provably ended.
//
// It knows operating systems: start times, boots and process namespaces. It knows nothing of locks, and where the
// system does not tell, it says so instead of guessing: an unproven death is no death.
package process

import "os"

// Identity names one process among all that ever ran on all machines.
type Identity struct {
	Host  string
	Boot  string // of the machine and, on Linux, the process namespace; empty: unknown
	PID   int
	Start string // when it started, in the system's own notation; empty: unknown
}

// Self is the identity of this process.
func Self() Identity { return Of(os.Getpid()) }

// Of is the identity of a process that runs on this machine now.
func Of(pid int) Identity {
	host, _ := os.Hostname() // only shown and compared: an empty name proves nothing
	start, _ := started(pid)
	return Identity{Host: host, Boot: boot(), PID: pid, Start: start}
}

// Ended is true when the process ran in this boot of this machine and is there no more. False is no proof of life.
func Ended(p Identity) bool { return ended(p, Self()) }

func ended(p, here Identity) bool {
	if p.PID <= 0 || p.Boot == "" || p.Boot != here.Boot || p.Host != here.Host {
		return false
	}
	if gone(p.PID) {
		return true
	}
	start, known := started(p.PID)
	return known && p.Start != "" && start != p.Start
}
