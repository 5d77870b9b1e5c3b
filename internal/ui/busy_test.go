package ui

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestBusy(t *testing.T) {
	for _, test := range []struct {
		live bool
		wait time.Duration
		want string
	}{
		{false, 9 * time.Second, ""},
		{false, 25 * time.Second, "still reading, 10 s\nstill reading, 20 s\n"},
		{true, 900 * time.Millisecond, ""},
		{true, 2500 * time.Millisecond, "\r\x1b[K  still reading, 1 s\r\x1b[K  still reading, 2 s\r\x1b[K"},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, _, errs := plain()
			s.Err, s.Live = errs, test.live
			done := s.Busy("still reading")
			time.Sleep(test.wait)
			done()
			done()
			got := strings.NewReplacer("\x1b[2m", "", "\x1b[m", "").Replace(errs.String())
			if got != test.want {
				t.Errorf("live %v, after %v: %q, not %q", test.live, test.wait, got, test.want)
			}
		})
	}
}
