package process

import (
	"bytes"
	"fmt"
	"os"
	"strings"
)

// boot includes the process namespace: containers share the machine's boot id, and maybe its name, but count their
// processes each from one.
func boot() string {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	namespace, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(id)) + " " + namespace
}

// started is the 22nd field of proc_pid_stat(5), clock ticks since the boot; a zombie counts as another process
// since it does nothing any more.
func started(pid int) (start string, known bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", false
	}
	// The name in parentheses may hold spaces and parentheses itself.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 20 {
		return "", false
	}
	if s := string(fields[0]); s == "Z" || s == "X" {
		return "ended", true
	}
	return string(fields[19]), true
}
