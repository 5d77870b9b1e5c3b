package deploy

import (
	"testing"

	"pgregory.net/rapid"
)

// row makes a history, most recent first, of words such as "1" and "back 1".
func row(oldestFirst ...string) []Past {
	var past []Past
	for _, word := range oldestFirst {
		p := Past{Version: word, Kind: KindDeploy}
		if len(word) > 5 && word[:5] == "back " {
			p = Past{Version: word[5:], Kind: KindRollback}
		}
		past = append([]Past{p}, past...)
	}
	return past
}

func TestPrevious(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		past []Past
		want string
	}{
		"nothing":              {row(), ""},
		"the first":            {row("1"), ""},
		"the second":           {row("1", "2"), "1"},
		"the same again":       {row("1", "2", "2"), "1"},
		"after going back":     {row("1", "2", "3", "back 2"), "1"},
		"back to the first":    {row("1", "2", "back 1"), ""},
		"forward again":        {row("1", "2", "3", "back 1", "4"), "1"},
		"redeployed after all": {row("1", "2", "back 1", "2"), "1"},
		"back beyond memory":   {row("2", "3", "back 1"), "3"},
		"an old one deployed":  {row("1", "2", "3", "1"), "3"},
		"not of this tool":     {[]Past{{Version: "2"}, {Version: "1"}}, "1"},
	} {
		if got := Previous(c.past); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// Whatever was deployed, what is gone back to did run, and does not now; and
// going back again and again comes to an end.
func TestPreviousComesToAnEnd(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		versions := rapid.SliceOfN(rapid.SampledFrom([]string{"1", "2", "3", "4"}), 1, 12).Draw(t, "versions")
		past := row(versions...)
		for range len(versions) + 1 {
			to := Previous(past)
			if to == "" {
				return
			}
			if to == past[0].Version {
				t.Fatalf("it goes to what runs: %v", past)
			}
			past = append([]Past{{Version: to, Kind: KindRollback}}, past...)
		}
		t.Fatal("it never ends")
	})
}
