package config

import (
	"fmt"
	"strings"
)

// nearest is the candidate most like the word, or empty where none is like it.
func nearest(word string, candidates []string) string {
	best, least := "", 1+max(1, min(3, len(word)/3))
	for _, c := range candidates {
		if plain(c) == plain(word) {
			return c
		}
		if d := distance(plain(word), plain(c)); d < least {
			best, least = c, d
		}
	}
	return best
}

// plain takes away what people spell differently: health_check, healthCheck.
func plain(s string) string {
	return strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "").Replace(s))
}

// distance is the number of letters to insert, delete, replace or swap with
// their neighbour on the way from a to b.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64 // no such key or value exists
	}
	var before, above []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, above, row = above, row, make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(row[j-1]+1, above[j]+1, above[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(b)]
}

// didYouMean is a hint, or empty when there is nothing to propose.
func didYouMean(value string) string {
	if value == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %q?", value)
}

// listing is a list of words in a sentence.
func listing(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " " + last + " " + words[len(words)-1]
}

// quote is a value in a message, cut where it is too long to read.
func quote(s string) string {
	if r := []rune(s); len(r) > 60 {
		s = string(r[:57]) + "..."
	}
	return fmt.Sprintf("%q", s)
}
