package image

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var now = time.Date(2026, 11, 26, 3, 0, 0, 0, time.UTC)

func machine(purpose, state string, edit ...func(*Machine)) Machine {
	m := Machine{ID: "i-" + purpose, Purpose: purpose, Recipe: "key", Image: "ami-1", State: state, Launched: now.Add(-time.Minute)}
	for _, e := range edit {
		e(&m)
	}
	return m
}

func baked(state string, good bool, edit ...func(*Image)) Image {
	i := Image{ID: "ami-1", Recipe: "key", State: state, Good: good, Created: now.Add(-time.Minute)}
	for _, e := range edit {
		e(&i)
	}
	return i
}

func told(m *Machine)  { m.told = true }
func other(m *Machine) { m.ID, m.Recipe = "i-other", "other" }
func old(m *Machine)   { m.Launched = now.Add(-3 * time.Hour) }

// From whatever an earlier run has left, the next step leads on.
func TestNext(t *testing.T) {
	group := []string{"sg-1"}
	for name, c := range map[string]struct {
		found found
		want  step
	}{
		"nothing":                       {found{}, prepare},
		"a group":                       {found{groups: group}, launch},
		"a builder at work":             {found{groups: group, machines: []Machine{machine(builder, "running")}}, hearBuilder},
		"a builder that has begun":      {found{machines: []Machine{machine(builder, "pending")}}, hearBuilder},
		"a builder that is done":        {found{groups: group, machines: []Machine{machine(builder, "running", told)}}, stop},
		"one that stops":                {found{groups: group, machines: []Machine{machine(builder, "stopping", told)}}, awaitStop},
		"one that has stopped":          {found{groups: group, machines: []Machine{machine(builder, "stopped", told)}}, freeze},
		"one stopped half done":         {found{groups: group, machines: []Machine{machine(builder, "stopped")}}, discard},
		"one that ends":                 {found{groups: group, machines: []Machine{machine(builder, "shutting-down", told)}}, launch},
		"a builder of another recipe":   {found{groups: group, machines: []Machine{machine(builder, "running", other)}}, launch},
		"two builders, one further":     {found{machines: []Machine{machine(builder, "running"), machine(builder, "stopped", told)}}, freeze},
		"one of no use beside a better": {found{machines: []Machine{machine(builder, "stopped"), machine(builder, "running")}}, hearBuilder},
		"an image in the making":        {found{images: []Image{baked("pending", false)}, machines: []Machine{machine(builder, "stopped", told)}}, awaitImage},
		"one that came to nothing":      {found{images: []Image{baked("failed", false)}}, spoiled},
		"one to be tried":               {found{groups: group, images: []Image{baked("available", false)}}, try},
		"and the group is gone":         {found{images: []Image{baked("available", false)}}, prepare},
		"one that is being tried":       {found{groups: group, images: []Image{baked("available", false)}, machines: []Machine{machine(tester, "running")}}, hearTest},
		"a test that was stopped":       {found{groups: group, images: []Image{baked("available", false)}, machines: []Machine{machine(tester, "stopped")}}, discard},
		"a good one, and machines":      {found{images: []Image{baked("available", true)}, machines: []Machine{machine(tester, "running")}}, clear},
		"a good one, and a group":       {found{groups: group, images: []Image{baked("available", true)}}, clear},
		"a good one, and other's work":  {found{groups: group, images: []Image{baked("available", true)}, machines: []Machine{machine(builder, "running", other)}}, finished},
		"a good one, and old leftovers": {found{groups: group, images: []Image{baked("available", true)}, machines: []Machine{machine(builder, "running", other, old)}}, clear},
		"a good one":                    {found{images: []Image{baked("available", true)}}, finished},
		"a good one that is disabled":   {found{images: []Image{baked("disabled", true)}}, spoiled},
	} {
		c.found.now = now
		if got, _, _ := c.found.next("key"); got != c.want {
			t.Errorf("%s: step %d, want %d", name, got, c.want)
		}
	}
}

func TestListen(t *testing.T) {
	noise := "[    0.000000] Linux version 6.1\r\n\x1b[32mOK\x1b[0m\r\n"
	twice := "keyedin: hardening\r\n[   21.123456] cloud-init[2101]: keyedin: hardening\r\n"
	h := listen(noise + "keyedin: first boot begins 2026\n" + twice)
	if diff := cmp.Diff([]string{"hardening"}, h.progress); diff != "" || h.done || h.failed {
		t.Errorf("%+v: %s", h, diff)
	}
	if h = listen(noise + twice + "keyedin: image done\r\n"); !h.done || h.failed {
		t.Errorf("done is not heard: %+v", h)
	}
	h = listen(strings.Repeat("line\r\nanother\r\n", 100) + "No space left\r\nkeyedin: image FAILED with exit code 1\r\nand more\r\n")
	if !h.failed || h.done || len(h.last) != lastLines || h.last[lastLines-2] != "No space left" {
		t.Errorf("a failure is heard as %+v", h)
	}
	if h = listen(""); h.done || h.failed {
		t.Errorf("an empty console says something: %+v", h)
	}
}

func TestKeys(t *testing.T) {
	r := Recipe{Base: "ami-1", Bake: "script", Try: "a", Type: "t3.small"}
	same, next := r, r
	same.Try, same.Type = "b", "c5.large"
	next.Base = "ami-2"
	if r.Key() != same.Key() || r.Key() == next.Key() || len(r.Key()) != 12 {
		t.Errorf("keys: %s, %s, %s", r.Key(), same.Key(), next.Key())
	}
	images := []Image{{Recipe: "k", Good: true}, {Recipe: "k-2", Good: true}, {Recipe: "k-3"}}
	if got := buildKey("k", images); got != "k-3" {
		t.Errorf("the next build is %s", got)
	}
	if got := buildKey("k", nil); got != "k" {
		t.Errorf("the first build is %s", got)
	}
}

func TestOld(t *testing.T) {
	at := func(id, arch string, good bool, users ...string) Image {
		return Image{ID: id, Arch: arch, Good: good, UsedBy: users}
	}
	s := Stock{Images: []Image{
		at("1", "x86_64", true), at("2", "arm64", true), at("3", "x86_64", false), at("4", "x86_64", true, "instance i-1"),
		at("5", "x86_64", true), at("6", "x86_64", true), at("7", "arm64", true),
	}}
	ids := func(keep int, pinned ...string) string {
		var all []string
		for _, i := range s.Old(keep, pinned...) {
			all = append(all, i.ID)
		}
		return strings.Join(all, " ")
	}
	for _, c := range []struct {
		keep int
		want string
	}{{0, "1 2 6 7"}, {1, "6 7"}, {2, "6"}, {4, ""}} {
		if got := ids(c.keep, "5"); got != c.want {
			t.Errorf("keeping %d, %q are old, want %q", c.keep, got, c.want)
		}
	}
}
