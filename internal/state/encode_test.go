package state_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/keyedin-app/keyedin-infra/internal/state"
)

// anyState draws a state with odd texts in every place that can hold one.
func anyState() *rapid.Generator[state.State] {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", `"`, `\u003c`, "<&>", "\u2028", "sha256:", "🙂", "\x00"}))
	return rapid.Custom(func(t *rapid.T) state.State {
		s := state.New(text.Draw(t, "project"), text.Draw(t, "environment"), "123456789012", "us-east-1")
		s.Serial = rapid.Int64Range(0, 1<<60).Draw(t, "serial")
		for range rapid.IntRange(0, 3).Draw(t, "objects") {
			doc, err := json.Marshal(map[string]any{text.Draw(t, "field"): text.Draw(t, "value"), "n": rapid.Int().Draw(t, "n")})
			if err != nil {
				t.Fatal(err)
			}
			s.Objects[text.Draw(t, "address")] = state.Object{
				Kind: text.Draw(t, "kind"), ID: text.Draw(t, "id"), Document: doc, Since: time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "since"), 0).UTC(),
			}
			s.Generations[text.Draw(t, "generation")] = rapid.Int().Draw(t, "count")
		}
		s.Record(state.Run{ID: text.Draw(t, "run"), Error: text.Draw(t, "error")})
		return s
	})
}

// TestEncoding: what is written reads the same, and a byte changed anywhere is
// noticed or means nothing.
func TestEncoding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anyState().Draw(t, "state")
		body, err := state.Encode(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := state.Decode(body)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("(-want +got):\n%s", d)
		}
		body[rapid.IntRange(0, len(body)-1).Draw(t, "at")] ^= byte(rapid.IntRange(1, 255).Draw(t, "flip"))
		damaged, err := state.Decode(body)
		if _, newer := errors.AsType[*state.NewerError](err); err != nil && !errors.Is(err, state.ErrBroken) && !newer {
			t.Fatalf("another error: %v", err)
		}
		if d := cmp.Diff(want, damaged); err == nil && d != "" {
			t.Fatalf("a damaged state is taken for a good one (-want +got):\n%s", d)
		}
	})
}
