package ui

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/charmbracelet/colorprofile"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// longestComment is what GitHub takes for a comment, in characters, less some
// for a line by which it is found again. These are bytes, of which there are
// never fewer.
const longestComment = 65536 - 256

// MarkdownPlan is a plan as a comment on what would lead to it.
func MarkdownPlan(place Place, p *engine.Plan) string {
	var lines []string
	for _, c := range p.Changes {
		if c.Effect.Level >= engine.DataIsLost {
			lines = append(lines, fmt.Sprintf("- **DATA IS LOST** with `%s`", c.Address))
		}
	}
	if n := len(p.Problems); n > 0 {
		lines = append(lines, fmt.Sprintf("- problems that keep apply from beginning: **%d**", n))
	}
	var text bytes.Buffer
	plain := Streams{Out: &colorprofile.Writer{Forward: &text, Profile: colorprofile.NoTTY}}
	plain.Plan(place, p)
	return comment(place.Project, place.Environment, strings.Join(append([]string{"**" + Counts(p) + "**", ""}, lines...), "\n"),
		"What apply would do", text.String(), p.Empty() && len(p.Problems) == 0)
}

// MarkdownFailure is the comment where there could be no plan.
func MarkdownFailure(project, environment string, err error) string {
	return comment(project, environment, "**There is no plan: it failed.**", "Why", err.Error(), false)
}

// comment shows a text below a summary. The text is quoted, so that nothing in
// it is taken for Markdown, for HTML or for somebody's name.
func comment(project, environment, summary, title, text string, folded bool) string {
	open := " open"
	if folded {
		open = ""
	}
	fence := strings.Repeat("`", max(3, ticks(text)+1))
	head := fmt.Sprintf("### keyedin plan: %s %s\n\n%s\n\n<details%s><summary>%s</summary>\n\n%s\n",
		project, environment, strings.TrimSpace(shortened(summary, longestComment/4)), open, title, fence)
	foot := "\n" + fence + "\n\n</details>"
	return head + shortened(strings.Trim(text, "\n"), longestComment-len(head)-len(foot)-1) + foot
}

// shortened leaves out the last lines of a text that is too long.
func shortened(text string, most int) string {
	if len(text) <= most {
		return text
	}
	const more = "\n... and %d lines more: `keyedin plan` shows them"
	lines := strings.Split(text, "\n")
	kept, size := 0, len(more)+20
	for kept < len(lines) && size+len(lines[kept])+1 <= most {
		size += len(lines[kept]) + 1
		kept++
	}
	return strings.Join(lines[:kept], "\n") + fmt.Sprintf(more, len(lines)-kept)
}

// ticks is the length of the longest run of backquotes.
func ticks(text string) int {
	longest, run := 0, 0
	for _, r := range text {
		run++
		if r != '`' {
			run = 0
		}
		longest = max(longest, run)
	}
	return longest
}
