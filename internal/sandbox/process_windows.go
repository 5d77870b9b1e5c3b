package sandbox

import (
	"os"
	"os/exec"
	"syscall"
	"unsafe"
)

const detachedProcess = 0x00000008 // DETACHED_PROCESS of CreateProcess

// apart makes a process outlive the terminal that started it.
func apart() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP | detachedProcess, HideWindow: true}
}

func terminate(p *os.Process) {
	p.Kill() //nolint:errcheck // it fails only for a process that has ended
}

func exists(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	p.Release() //nolint:errcheck // only the question mattered
	return true
}

// tryLock takes the lock of an open file, which ends with the process at the latest (LockFileEx, exclusively, failing
// immediately).
func tryLock(f *os.File) bool {
	const exclusive, immediately = 2, 1
	var overlapped syscall.Overlapped
	lock := syscall.NewLazyDLL("kernel32.dll").NewProc("LockFileEx")
	ok, _, _ := lock.Call(f.Fd(), exclusive|immediately, 0, 1, 0, uintptr(unsafe.Pointer(&overlapped)))
	return ok != 0
}

// inherit does nothing: Windows hands on no files this way.
func inherit(*exec.Cmd, *os.File) {}
