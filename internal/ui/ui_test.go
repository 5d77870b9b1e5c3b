package ui

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/charmbracelet/colorprofile"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/engine/enginetest"
	"github.com/keyedin-app/keyedin-infra/internal/state"
)

// plain are streams into buffers, without colour as into a pipe.
func plain() (s Streams, out, err *bytes.Buffer) {
	out, err = &bytes.Buffer{}, &bytes.Buffer{}
	return Streams{
		In: strings.NewReader(""), Out: colorprofile.NewWriter(out, []string{"TERM=dumb"}), Err: colorprofile.NewWriter(err, []string{"TERM=dumb"}),
	}, out, err
}

// planned is the plan from one shape to another of the invented cloud.
func planned(t *testing.T, before, after enginetest.Shape) *engine.Plan {
	t.Helper()
	var p *engine.Plan
	synctest.Test(t, func(t *testing.T) {
		c := &enginetest.Cloud{}
		r := enginetest.NewRecord(c)
		if _, _, err := enginetest.Run(t.Context(), c, r, enginetest.Build(before), nil); err != nil {
			t.Fatal(err)
		}
		e := engine.New(enginetest.Kinds(c), enginetest.Classify)
		st := enginetest.Build(after)
		world, err := e.Observe(t.Context(), st, r.State())
		if err != nil {
			t.Fatal(err)
		}
		p = e.Plan(st, r.State(), world, nil)
	})
	return p
}

var place = Place{Project: "sample", Environment: "test", Account: "123456789012", Region: "us-east-1"}

func TestPlanOfChanges(t *testing.T) {
	other := enginetest.Sample()
	other.HostSize, other.Hosts, other.Engine = 2, 2, "your"
	p := planned(t, enginetest.Sample(), other)
	s, out, _ := plain()
	s.Plan(place, p)
	for _, want := range []string{
		"sample test · account 123456789012 · us-east-1\n",
		"\nnetwork\n",
		"\ncompute\n",
		"  ~ host/a\n      size: 1 → 2 (you edited it)\n",
		"  ± store/main\n      engine: my → your (you edited it; cannot be changed in place)\n",
		"      → REPLACES, DATA IS LOST: everything in the store\n",
		"  - host/c\n",
		"\nPlan: 0 to create, 3 to change, 1 to replace, 1 to delete.\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the plan lacks %q:\n%s", want, out)
		}
	}
	if strings.Contains(out.String(), "\x1b") {
		t.Error("a pipe gets colour")
	}
}

func TestPlanOfNothing(t *testing.T) {
	s, out, _ := plain()
	s.Plan(place, planned(t, enginetest.Sample(), enginetest.Sample()))
	want := "sample test · account 123456789012 · us-east-1\n\nPlan: nothing to change. AWS is as the config wants it.\n"
	if d := cmp.Diff(want, out.String()); d != "" {
		t.Error(d)
	}
}

func TestValuesAsPeopleReadThem(t *testing.T) {
	for _, test := range []struct {
		v    any
		want string
	}{
		{nil, "none"}, {"", `""`}, {"a", "a"}, {true, "true"}, {7.0, "7"},
		{map[string]any{"$ref": "vpc/main#id"}, "<vpc/main>"},
		{map[string]any{"$ref": "load-balancer/main#dns-name"}, "<load-balancer/main#dns-name>"},
		{[]any{"a", 2.0}, "[a, 2]"}, {map[string]any{"a": "<b>"}, `{"a":"\u003cb\u003e"}`},
	} {
		if got := value(test.v); got != test.want {
			t.Errorf("value(%v) is %s, want %s", test.v, got, test.want)
		}
	}
	if got, want := difference([]any{"a", "b"}, []any{"b", "c"}), "+c -a"; got != want {
		t.Errorf("a list that changed is %q, want %q", got, want)
	}
}

// Whatever is wrapped keeps its words, in order, and its width.
func TestWrap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(rapid.StringMatching(`[a-z]{1,20}`)).Draw(t, "words"), " ")
		prefix := rapid.SampledFrom([]string{"", "  ", "      → ", "objects       "}).Draw(t, "prefix")
		got := wrap(text, prefix)
		if a, b := strings.Fields(prefix+text), strings.Fields(got); strings.Join(a, " ") != strings.Join(b, " ") {
			t.Fatalf("%q became %q", prefix+text, got)
		}
		for line := range strings.Lines(got) {
			if n := len([]rune(strings.TrimRight(line, "\n"))); n > Width {
				t.Fatalf("a line of %d columns: %q", n, line)
			}
		}
	})
}

func TestProgressInPlainLines(t *testing.T) {
	s, _, errs := plain()
	p := NewProgress(s, 3)
	at := time.Now()
	event := func(phase engine.Phase, address, text string, after, usual time.Duration) {
		p.On(engine.Event{At: at.Add(after), Address: address, Action: engine.Create, Phase: phase, Text: text, Usual: usual, Elapsed: after})
	}
	event(engine.Started, "store/main", "", 0, 10*time.Minute)
	event(engine.Busying, "store/main", "backing up", 3*time.Second, 10*time.Minute)
	event(engine.Busying, "store/main", "backing up", 5*time.Second, 10*time.Minute) // said a moment ago
	event(engine.Busying, "store/main", "backing up", 40*time.Second, 10*time.Minute)
	event(engine.Done, "store/main", "", 11*time.Minute+2*time.Second, 10*time.Minute)
	event(engine.Started, "net/main", "", 0, 0)
	event(engine.Erred, "net/main", "not allowed", time.Second, 0)
	event(engine.Skipped, "host/a", "", 0, 0)
	p.Close()
	got := regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d `).ReplaceAllString(errs.String(), "")
	want := `creating store/main (usually 10 min)
creating store/main: backing up, 3.0 s so far (usually 10 min)
creating store/main: backing up, 40 s so far (usually 10 min)
✓ created store/main in 11 min 02 s
creating net/main
✗ net/main failed: not allowed
Left undone: host/a.
`
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// On a terminal what is under way is drawn below what has ended, and erased
// at the end.
func TestProgressOnATerminal(t *testing.T) {
	s, _, errs := plain()
	s.Err, s.Live = errs, true
	p := NewProgress(s, 20)
	for i := range 12 {
		p.On(engine.Event{At: time.Now(), Address: fmt.Sprintf("host/%d", i), Action: engine.Create, Phase: engine.Started})
	}
	if got := errs.String(); !strings.Contains(got, "… and 4 more\n") || !strings.Contains(got, "0 of 20") {
		t.Errorf("twelve at once are shown as\n%q", got)
	}
	p.Close()
	if got := errs.String(); !strings.HasSuffix(got, "\x1b[J") {
		t.Errorf("something stays on the screen: %q", got[max(0, len(got)-200):])
	}
}

func TestOutcomeObject(t *testing.T) {
	failed := errors.Join(errors.New("one"), errors.Join(errors.New("two"), errors.New("three")))
	o := engine.Outcome{Created: 2, Skipped: []string{"host/a"}, Waiting: []engine.Note{{Address: "entry/www", Text: "name servers"}}, Err: failed}
	got := NewOutcomeObject(place, planned(t, enginetest.Sample(), enginetest.Sample()), o, Failures(failed))
	if d := cmp.Diff([]string{"one", "two", "three"}, got.Failures); d != "" {
		t.Error(d)
	}
	if got.Created != 2 || len(got.Waiting) != 1 || got.Left[0] != "host/a" || got.Environment != "test" {
		t.Errorf("the object is %+v", got)
	}
}

func TestConfirm(t *testing.T) {
	for answer, want := range map[string]bool{"yes\n": true, "y\n": true, "no\n": false, "\n": false, "production\n": false} {
		s, _, _ := plain()
		s.In = strings.NewReader(answer)
		if ok, err := s.Confirm("Do it?", "yes"); ok != want || err != nil {
			t.Errorf("%q gives %v, %v", answer, ok, err)
		}
	}
	s, _, _ := plain()
	s.In = strings.NewReader("y\n")
	if ok, _ := s.Confirm("Destroy it?", "production"); ok {
		t.Error("y stands for a name")
	}
	s.In = strings.NewReader("")
	if _, err := s.Confirm("Do it?", "yes"); err == nil {
		t.Error("nobody there counts as an answer")
	}
}

func TestStatus(t *testing.T) {
	s, out, _ := plain()
	s.Status(Status{
		Place: place, Last: &state.Run{Command: "apply", Outcome: "done", Who: "ops", Started: time.Date(2026, 3, 1, 12, 0, 0, 0, time.Local)},
		Facts: []Fact{{"application", "https://example.com"}}, Targets: map[string]int{"healthy": 2, "initial": 1},
		Modules: []Module{{"network", 14, 14}, {"compute", 4, 3}}, Trouble: []string{"host/a is pending: on its way"},
		Alarms: map[string]string{"cpu": "above 80"},
	})
	want := `sample test · account 123456789012 · us-east-1
last run      apply done, 2026-03-01 12:00, by ops

application   https://example.com
targets       2 healthy, 1 initial

objects       network 14, compute 3/4
alarm cpu: above 80
! host/a is pending: on its way

Not everything is ready.
`
	if d := cmp.Diff(want, out.String()); d != "" {
		t.Error(d)
	}
}

// NO_COLOR and a pipe are heard by the process's own streams.
func TestStandardIntoAPipe(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	stdout := os.Stdout
	os.Stdout = write
	s := Standard(false)
	os.Stdout = stdout
	s.Print("%s", bad.Render("red"))
	write.Close()
	var got bytes.Buffer
	_, _ = got.ReadFrom(read) // a pipe that was closed on the other side
	if got.String() != "red\n" {
		t.Errorf("a pipe gets %q", got.String())
	}
}
