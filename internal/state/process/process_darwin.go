package process

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

func boot() string {
	id, err := syscall.Sysctl("kern.bootsessionuuid")
	if err != nil {
		return ""
	}
	return id
}

// started asks ps since the structures of sysctl are not in the standard library.
func started(pid int) (start string, known bool) {
	out, err := exec.Command("/bin/ps", "-o", "lstart=", "-p", strconv.Itoa(pid)).Output()
	start = strings.TrimSpace(string(out))
	return start, err == nil && start != ""
}
