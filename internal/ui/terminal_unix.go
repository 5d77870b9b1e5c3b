//go:build unix

package ui

import (
	"os"
	"os/signal"
	"syscall"
)

// resized tells each time that the terminal's size is another.
func resized() (<-chan struct{}, func()) {
	signals, told := make(chan os.Signal, 1), make(chan struct{}, 1)
	signal.Notify(signals, syscall.SIGWINCH)
	go func() {
		for range signals {
			select {
			case told <- struct{}{}:
			default: // it has not looked since the last time
			}
		}
	}()
	return told, func() {
		signal.Stop(signals)
		close(signals)
	}
}
