package ui

import (
	"fmt"
	"math"
	"os"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
)

// Chart is a table of figures over time.
type Chart struct {
	Since  time.Time
	Period time.Duration
	Rows   []ChartRow
}

// ChartRow is one of them; a NaN stands for a period without a value.
type ChartRow struct {
	Name               string
	Values             []float64
	Min, Avg, Max, Now string
}

// The columns of a chart.
const (
	chartName = 15
	chartLine = 34
	chartCell = 7
)

// Chart writes one.
func (s Streams) Chart(c Chart) {
	head := fmt.Sprintf("%-*s %-*s", chartName, "", chartLine, fmt.Sprintf("%s UTC, %s each", c.Since.UTC().Format("2006-01-02 15:04"), span(c.Period)))
	for _, name := range []string{"min", "avg", "max", "now"} {
		head += fmt.Sprintf("%*s", chartCell, name)
	}
	s.Print("%s", faint.Render(head))
	steps := levels(os.Environ())
	for _, r := range c.Rows {
		line := "no data yet"
		if len(r.Values) > 0 {
			line = sparkline(r.Values, steps)
		}
		line += strings.Repeat(" ", max(0, chartLine-lipgloss.Width(line)))
		cells := ""
		for _, cell := range []string{r.Min, r.Avg, r.Max, r.Now} {
			cells += fmt.Sprintf("%*s", chartCell, cell)
		}
		s.Print("%s", strings.TrimRight(fmt.Sprintf("%-*s %s%s", chartName, r.Name, line, cells), " "))
	}
}

// levels are the characters of a line from its lowest value to its highest.
// Where the locale is not one of UTF-8 they are ASCII.
func levels(environ []string) []rune {
	locale := ""
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} { // in the order in which they win
		for _, variable := range environ {
			if value, ok := strings.CutPrefix(variable, name+"="); ok && locale == "" {
				locale = value
			}
		}
	}
	locale = strings.ToLower(locale)
	if locale != "" && !strings.Contains(locale, "utf-8") && !strings.Contains(locale, "utf8") {
		return []rune("_.-:=+*#")
	}
	return []rune("▁▂▃▄▅▆▇█")
}

// sparkline draws values between 0 and the highest of them. Values that differ
// by little do not look as if they jumped.
func sparkline(values []float64, steps []rune) string {
	top := 0.0
	for _, v := range values {
		if !math.IsNaN(v) {
			top = max(top, v)
		}
	}
	var b strings.Builder
	for _, v := range values {
		switch {
		case math.IsNaN(v):
			b.WriteByte(' ')
		case top == 0:
			b.WriteRune(steps[0])
		default:
			level := int(math.Ceil(v/top*float64(len(steps)))) - 1
			b.WriteRune(steps[min(max(level, 0), len(steps)-1)])
		}
	}
	return b.String()
}

// Number is a value in at most six columns.
func Number(v float64) string {
	switch size := math.Abs(v); {
	case v == math.Trunc(v) && size < 10000:
		return fmt.Sprintf("%.0f", v)
	case size < 10:
		return fmt.Sprintf("%.2g", v)
	case size < 1000:
		return fmt.Sprintf("%.0f", v)
	}
	for _, unit := range []string{"k", "M", "G", "T"} {
		v /= 1000
		if math.Abs(v) < 99.95 {
			return fmt.Sprintf("%.1f%s", v, unit)
		}
		if math.Abs(v) < 999.5 || unit == "T" {
			return fmt.Sprintf("%.0f%s", v, unit)
		}
	}
	return ""
}

// Latency is a number of seconds in at most six columns.
func Latency(v float64) string {
	switch {
	case v < 0.0095:
		return fmt.Sprintf("%.1fms", v*1000)
	case v < 0.9995:
		return fmt.Sprintf("%.0fms", v*1000)
	case v < 9.95:
		return fmt.Sprintf("%.1fs", v)
	}
	return Number(math.Round(v)) + "s"
}

// span is a duration without what is zero at its end.
func span(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"0s", "0m"} {
		if short := strings.TrimSuffix(text, zero); short != text && strings.HasSuffix(short, "m") || strings.HasSuffix(short, "h") {
			text = short
		}
	}
	return text
}
