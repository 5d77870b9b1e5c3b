package config

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestPhysical(t *testing.T) {
	long := strings.Repeat("keyedin-", 7) + "shop"
	for _, tc := range []struct {
		limit int
		parts []string
		want  string
	}{
		{32, []string{"keyedin", "production", "web"}, "keyedin-production-web"},
		{32, []string{"keyedin", "", "web"}, "keyedin-web"},
		{22, []string{"keyedin", "production", "web"}, "keyedin-production-web"},
		{21, []string{"keyedin", "production", "web"}, "keyedin-prod-ee3118f0"},
		{32, []string{long, "production", "web"}, "keyedin-keyedin-keyedin-e2d9b5c2"},
		{32, []string{"internal", "production"}, "int-production-81de773e"},
		{17, []string{"internalized-thing"}, "int-02b66761"},
	} {
		if got := Physical(tc.limit, tc.parts...); got != tc.want {
			t.Errorf("Physical(%d, %q) = %q, want %q", tc.limit, tc.parts, got, tc.want)
		}
	}
}

func TestPhysicalProperties(t *testing.T) {
	valid := regexp.MustCompile(`^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$`)
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(10, 64).Draw(t, "limit")
		part := rapid.OneOf(rapid.StringMatching(`[a-z0-9-]{0,40}`), rapid.String(), rapid.SampledFrom([]string{"internal", "-", ""}))
		parts := rapid.SliceOfN(part, 1, 5).Draw(t, "parts")
		name := Physical(limit, parts...)
		if len(name) > limit || !valid.MatchString(name) || strings.HasPrefix(name, "internal-") {
			t.Fatalf("Physical(%d, %q) = %q", limit, parts, name)
		}
		if again := Physical(limit, parts...); again != name {
			t.Fatalf("the same parts are %q and %q", name, again)
		}
	})
}

// Two environments of a project never share a name, however long the project's is.
func TestPhysicalTellsApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[a-z](-?[a-z0-9]){0,40}`)
		project, a, b := word.Draw(t, "project"), word.Draw(t, "a"), word.Draw(t, "b")
		if a != b && Physical(32, project, a, "web") == Physical(32, project, b, "web") {
			t.Fatalf("%s and %s of %s have one name", a, b, project)
		}
	})
}

// Names made from any valid config begin with a letter, as RDS wants them.
func TestPhysicalBeginsWithALetter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[a-z](-?[a-z0-9]){0,31}`).Draw(t, "name")
		if got := Physical(32, name, "production"); got[0] < 'a' || got[0] > 'z' {
			t.Fatalf("%s gives %s", name, got)
		}
	})
}
