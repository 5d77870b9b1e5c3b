//go:build unix

package sandbox

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// apart makes a process outlive the terminal and the group that started it.
func apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

func terminate(p *os.Process) {
	p.Signal(syscall.SIGTERM) //nolint:errcheck // it fails only for a process that has ended
}

func exists(pid int) bool { return !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

// tryLock takes the lock of an open file, which ends with the process at the latest.
func tryLock(f *os.File) bool {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}

// inherit makes a child hold the file too.
func inherit(command *exec.Cmd, file *os.File) { command.ExtraFiles = []*os.File{file} }
