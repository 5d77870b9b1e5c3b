package ui

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// quiet is how long a wait may be without a word where lines cannot be redrawn.
const quiet = 10 * time.Second

// Busy shows that something is being waited for, and how long it has been,
// until the function it returns is called. Nothing else may be written
// meanwhile. At a terminal its line is gone afterwards.
func (s Streams) Busy(what string) (done func()) {
	stop := make(chan struct{})
	var stopped sync.WaitGroup
	every := quiet
	if s.Live {
		every = time.Second
	}
	stopped.Go(func() {
		start, t := time.Now(), time.NewTicker(every)
		defer t.Stop()
		drawn := false
		for {
			select {
			case <-stop:
				if drawn && s.Live {
					_, _ = io.WriteString(s.Err, "\r\x1b[K") // a lost terminal must not end the work
				}
				return
			case <-t.C:
				text := fmt.Sprintf("%s, %s", what, about(time.Since(start)))
				if s.Live {
					text = "\r\x1b[K  " + faint.Render(text)
				} else {
					text += "\n"
				}
				_, _ = io.WriteString(s.Err, text) // as above
				drawn = true
			}
		}
	})
	return sync.OnceFunc(func() {
		close(stop)
		stopped.Wait()
	})
}
