package sandbox

import (
	"context"
	"io"
	"os"
	"time"
)

// lock lets one process at a time set up, start or end a sandbox. The operating system gives it back when the last
// process that holds the file has ended.
func (h home) lock(ctx context.Context, log io.Writer) (*os.File, error) {
	file, err := os.OpenFile(h.path("lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, unwritable(string(h), err)
	}
	for tries := 0; !tryLock(file); tries++ {
		if tries == 10 {
			say(log, "Waiting for another keyedin that sets up or ends the sandbox")
		}
		select {
		case <-ctx.Done():
			file.Close()
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return file, nil
}
