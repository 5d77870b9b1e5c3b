package session

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// matches reads a pattern as CloudWatch does: quoted terms, all of which a
// message must hold.
func matches(t *rapid.T, pattern, message string) bool {
	rest := pattern
	for rest != "" {
		var ok bool
		if rest, ok = strings.CutPrefix(strings.TrimLeft(rest, " "), `"`); !ok {
			t.Fatalf("the pattern %q has a term without quotes", pattern)
		}
		term, after, closed := strings.Cut(rest, `"`)
		if !closed || strings.Contains(term, `\`) {
			t.Fatalf("the pattern %q has a term that does not end, or a backslash", pattern)
		}
		if !strings.Contains(message, term) {
			return false
		}
		rest = after
	}
	return true
}

// TestPatternNeverHides makes patterns of any text: what holds the text matches.
func TestPatternNeverHides(t *testing.T) {
	t.Parallel()
	text := rapid.StringOf(rapid.SampledFrom([]rune(`aE 1"\?-%{}[]$é` + "\t")))
	rapid.Check(t, func(t *rapid.T) {
		grep := text.Draw(t, "grep")
		pattern := filterPattern(grep)
		if len(pattern) > longestPattern {
			t.Fatalf("a pattern of %d", len(pattern))
		}
		if message := text.Draw(t, "before") + grep + text.Draw(t, "after"); !matches(t, pattern, message) {
			t.Fatalf("%q does not match %q, made from %q", message, pattern, grep)
		}
	})
	if p := filterPattern("local.ERROR: "); p != `"local.ERROR: "` {
		t.Errorf("a plain text becomes %s", p)
	}
}

func TestParseSince(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 14, 30, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"90s": "2026-03-02 14:28:30", "3h": "2026-03-02 11:30:00", "2d": "2026-02-28 14:30:00", "1h30m": "2026-03-02 13:00:00",
		"14:00": "2026-03-02 14:00:00", "15:00": "2026-03-01 15:00:00", "2026-01-31": "2026-01-31 00:00:00",
		"2026-01-31 08:09": "2026-01-31 08:09:00", "2026-01-31T08:09:10": "2026-01-31 08:09:10", "2026-01-31T08:09:10+02:00": "2026-01-31 06:09:10",
	} {
		if got, err := ParseSince(text, now); err != nil || got.Format("2006-01-02 15:04:05") != want {
			t.Errorf("%s is %s, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "yesterday", "-1h", "0s", "2026-03-03", "2026-13-01", "3 h", "1w"} {
		_, err := ParseSince(text, now)
		if _, bad := errors.AsType[*BadTime](err); !bad {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestShortStream(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"ip-10-0-0-5/keyedin-backend-1/0123456789ab":                  "ip-10-0-0-5/backend",
		"i-0123456789abcdef0/boot":                                    "i-0123456789abcdef0/boot",
		"2f1e7f0e-8a5c/i-0123456789abcdef0/aws-runShellScript/stdout": "i-0123456789abcdef0/run",
		"keyedin-production-1":                                        "keyedin-production-1", // of a database
		strings.Repeat("0123456789abcdef", 4):                         "0123456789ab",
	} {
		if got := ShortStream(name); got != want {
			t.Errorf("%s becomes %s, want %s", name, got, want)
		}
	}
}

// TestFollowingOnce looks again and again at a log that grows late and out of
// order, and wants each event once.
func TestFollowingOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		start := time.Unix(1000, 0)
		// Event n is written at second n and listed up to 29 seconds later.
		listed := rapid.SliceOfN(rapid.IntRange(0, int(lookBack/time.Second)-1), 1, 120).Draw(t, "delays")
		f := following{seen: map[string]time.Time{}, newest: start}
		times, since := map[string]int{}, start
		for now := 0; now < len(listed)+int(lookBack/time.Second)+2; now += int(lookEvery / time.Second) {
			var all []LogEvent
			for n, delay := range listed {
				at := start.Add(time.Duration(n) * time.Second)
				if n+delay <= now && !at.Before(since) {
					all = append(all, LogEvent{Time: at, id: string(rune('a' + n))})
				}
			}
			for _, e := range f.fresh(all) {
				times[e.id]++
			}
			since = f.from(since)
		}
		for n := range listed {
			if id := string(rune('a' + n)); times[id] != 1 {
				t.Fatalf("event %d of %v was given on %d times", n, listed, times[id])
			}
		}
	})
}

func TestPeriod(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 14, 30, 17, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		back := time.Duration(rapid.Int64Range(60, int64(Longest/time.Second)).Draw(t, "seconds")) * time.Second
		p := Period(now.Add(-back), now)
		least := time.Minute
		switch {
		case back >= 63*24*time.Hour:
			least = time.Hour
		case back >= 15*24*time.Hour:
			least = 5 * time.Minute
		}
		since := now.Add(-back).Truncate(p)
		if n := (now.Sub(since) + p - 1) / p; p%least != 0 || n > Points {
			t.Fatalf("%s back: periods of %s, %d of them", back, p, n)
		}
	})
}
