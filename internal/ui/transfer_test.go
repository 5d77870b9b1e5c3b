package ui

import (
	"strings"
	"testing"
	"time"
)

func TestTransfer(t *testing.T) {
	t.Parallel()
	for live, want := range map[bool]string{
		false: "  app: 12 MB of 120 MB\n",
		true:  "\r\x1b[K  app: 1.3 MB of 120 MB\r\x1b[K  app: 12 MB of 120 MB\r\x1b[K",
	} {
		s, _, errs := plain()
		s.Err, s.Live = errs, live
		now := time.Unix(0, 0)
		shown := &Transfer{streams: s, now: func() time.Time { return now }, drawn: now}
		for _, sent := range []int64{100, 1_200_000, 1_300_000, 12_000_000} {
			shown.At("app", sent, 120_000_000)
			now = now.Add(60 * time.Millisecond)
			if sent == 1_300_000 {
				now = now.Add(quiet)
			}
		}
		shown.Rest()
		if got := strings.NewReplacer("\x1b[2m", "", "\x1b[m", "").Replace(errs.String()); got != want {
			t.Errorf("live %v: %q, not %q", live, got, want)
		}
	}
}

func TestBytes(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{
		0: "0 B", 999: "999 B", 1000: "1.0 kB", 9949: "9.9 kB", 9950: "10 kB", 999_499: "999 kB", 999_500: "1.0 MB", 143_000_000: "143 MB", 5_000_000_000: "5.0 GB", 2e15: "2000 TB",
	} {
		if got := Bytes(n); got != want {
			t.Errorf("%d bytes are %q, not %q", n, got, want)
		}
	}
}
