package ui

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/state"
)

// Status is an environment at a glance.
type Status struct {
	Format int `json:"format"`
	Place
	// Ready is true when everything that should be there is, and is well.
	Ready       bool              `json:"ready"`
	Lock        *state.Holder     `json:"lock,omitempty"`
	Last        *state.Run        `json:"last-run,omitempty"`
	Facts       []Fact            `json:"facts"`
	Modules     []Module          `json:"modules"`
	Trouble     []string          `json:"trouble,omitempty"`
	Targets     map[string]int    `json:"targets,omitempty"`
	Alarms      map[string]string `json:"alarms,omitempty"`
	Nameservers []string          `json:"nameservers,omitempty"`
}

// Fact is one line of a status: what people ask for most.
type Fact struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// Module is how one module stands.
type Module struct {
	Name    string `json:"name"`
	Objects int    `json:"objects"`
	Ready   int    `json:"ready"`
}

// Status writes a status for people.
func (s Streams) Status(st Status) {
	s.Print("%s", strong.Render(st.String()))
	if st.Last != nil {
		s.fact("last run", lastRun(*st.Last))
	} else {
		s.fact("last run", "nothing was applied yet")
	}
	if st.Lock != nil {
		doing := "at work"
		if st.Lock.Command != "" { // a lock whose content is lost does not say
			doing = "`" + st.Lock.Command + "`"
		}
		s.fact("lock", change.Render(fmt.Sprintf("%s, %s since %s", st.Lock.Name(), doing, st.Lock.Started.Local().Format(time.TimeOnly))))
	}
	s.Print("")
	for _, f := range st.Facts {
		s.fact(f.Name, f.Text)
	}
	if len(st.Targets) > 0 {
		s.fact("targets", counts(st.Targets))
	}
	s.Print("")
	var modules []string
	for _, m := range st.Modules {
		text := fmt.Sprintf("%s %d", m.Name, m.Objects)
		if m.Ready != m.Objects {
			text = change.Render(fmt.Sprintf("%s %d/%d", m.Name, m.Ready, m.Objects))
		}
		modules = append(modules, text)
	}
	// A module and its count stay together.
	all := strings.NewReplacer(", ", ", ", " ", glue).Replace(strings.Join(modules, ", "))
	s.Print("%s", strings.ReplaceAll(wrap(all, "objects       "), glue, " "))
	for _, name := range slices.Sorted(maps.Keys(st.Alarms)) {
		s.Print("%s %s: %s", bad.Render("alarm"), name, st.Alarms[name])
	}
	for _, t := range st.Trouble {
		s.Print("%s", styled(change, wrap(t, "! ")))
	}
	s.Print("")
	if st.Ready {
		s.Print("%s", good.Render("Everything is ready."))
		return
	}
	s.Print("%s", change.Render("Not everything is ready."))
}

// glue stands for a space at which no line is broken; it is for private use and
// one column wide.
const glue = "\ue000"

func (s Streams) fact(name, text string) {
	s.Print("%-13s %s", name, text)
}

func lastRun(r state.Run) string {
	text := fmt.Sprintf("%s %s, %s", r.Command, cmp.Or(r.Outcome, "cut short"), r.Started.Local().Format("2006-01-02 15:04"))
	if r.Who != "" {
		text += ", by " + r.Who
	}
	return text
}

func counts(m map[string]int) string {
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, fmt.Sprintf("%d %s", m[key], key))
	}
	return strings.Join(parts, ", ")
}
