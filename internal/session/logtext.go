package session

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
)

// longestPattern is what CloudWatch takes.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
const longestPattern = 1024

// filterPattern is a pattern that everything matches which holds a text. It may
// match more: how a quote or a backslash is written in a term is documented
// nowhere, so terms end at them.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
func filterPattern(text string) string {
	terms := strings.FieldsFunc(text, func(r rune) bool { return r == '"' || r == '\\' || unicode.IsControl(r) || r > unicode.MaxASCII })
	pattern := ""
	for _, term := range terms {
		if strings.TrimSpace(term) == "" {
			continue
		}
		if more := pattern + ` "` + term + `"`; len(more) <= longestPattern {
			pattern = more
		}
	}
	return strings.TrimPrefix(pattern, " ")
}

const containerLength = 12 // of an id, as Docker shows it

var containerID = regexp.MustCompile(`^[0-9a-f]{12,64}$`)

// ShortStream is a stream's name as people want to read it: without the number
// of a container, and what Docker Compose puts around its name.
func ShortStream(name string) string {
	parts := strings.Split(name, "/")
	last := len(parts) - 1
	switch {
	case len(parts) == 4 && strings.HasPrefix(parts[2], "aws-runShellScript"): // of Run Command, which puts its number first
		return parts[1] + "/run"
	case !containerID.MatchString(parts[last]):
		return name
	case last == 0:
		return name[:containerLength]
	}
	if service, ok := strings.CutPrefix(parts[last-1], "keyedin-"); ok {
		parts[last-1] = strings.TrimSuffix(service, "-1")
	}
	return strings.Join(parts[:last], "/")
}

// BadTime reports a time that cannot be read; Why says what can be.
type BadTime struct{ Given, Why string }

func (e *BadTime) Error() string { return fmt.Sprintf("%q %s", e.Given, e.Why) }

// wordsOfTime are the forms of a time, all in UTC unless they say otherwise.
func wordsOfTime() []string {
	return []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02"}
}

var days = regexp.MustCompile(`^(\d{1,4})d$`)

// ParseSince reads how long ago, or a time. Its error is a BadTime.
func ParseSince(text string, now time.Time) (time.Time, error) {
	if some := days.FindStringSubmatch(text); some != nil {
		n := 0
		_, _ = fmt.Sscan(some[1], &n) // it is digits
		return now.AddDate(0, 0, -n), nil
	}
	if d, err := time.ParseDuration(text); err == nil {
		if d <= 0 {
			return now, &BadTime{text, "is no time that has passed: how long ago is meant, as in 90s, 15m, 3h or 2d"}
		}
		return now.Add(-d), nil
	}
	if clock, err := time.Parse("15:04", text); err == nil {
		at := time.Date(now.Year(), now.Month(), now.Day(), clock.Hour(), clock.Minute(), 0, 0, time.UTC)
		if at.After(now) {
			at = at.AddDate(0, 0, -1)
		}
		return at, nil
	}
	for _, form := range wordsOfTime() {
		at, err := time.Parse(form, text)
		switch {
		case err != nil:
		case at.After(now):
			return now, &BadTime{text, "is in the future"}
		default:
			return at.UTC(), nil
		}
	}
	return now, &BadTime{text, "is neither how long ago (90s, 15m, 3h, 2d) nor a time in UTC (14:30, 2026-01-31, \"2026-01-31 14:30\")"}
}
