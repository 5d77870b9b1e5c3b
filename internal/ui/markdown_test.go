package ui

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Whatever is in a text, it ends no quotation, and the comment is one that
// GitHub takes.
func TestCommentQuotes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{
			"`", "```", "````\n", "</details>", "@everybody", "\n", "ß", "x", strings.Repeat("line\n", 4000), strings.Repeat("y", 70000),
		})).Draw(t, "text"), "")
		got := MarkdownFailure("shop", "staging", errors.New(text))
		if len(got) > longestComment {
			t.Fatalf("a comment of %d bytes", len(got))
		}
		lines := strings.Split(got, "\n")
		first, fence := 0, ""
		for i, line := range lines {
			if fence == "" && strings.HasPrefix(line, "```") {
				first, fence = i, line
			}
		}
		ends := 0
		for _, line := range lines[first+1:] {
			if strings.HasPrefix(strings.TrimSpace(line), fence) {
				ends++
			}
		}
		if ends != 1 || lines[len(lines)-3] != fence {
			t.Fatalf("the quotation %q ends %d times", fence, ends)
		}
	})
}
