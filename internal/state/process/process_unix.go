//go:build linux || darwin

package process

import (
	"errors"
	"syscall"
)

// gone asks the kernel and not /proc, which may hide the processes of others.
func gone(pid int) bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }
