package session

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestNamesFit holds every name that is made to what RDS takes, however long
// the environment's and the snapshot's are.
func TestNamesFit(t *testing.T) {
	t.Parallel()
	name := rapid.StringMatching(`[a-z](-?[a-z0-9]){0,31}`)
	rapid.Check(t, func(t *rapid.T) {
		d := Databases{Name: name.Draw(t, "cluster")}
		now := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "time"), 0)
		r := Restore{At: now}
		if rapid.Bool().Draw(t, "of a snapshot") {
			r.Snapshot = rapid.SampledFrom([]string{"", "rds:", "arn:aws:rds:us-east-1:123456789012:cluster-snapshot:"}).Draw(t, "prefix") + name.Draw(t, "snapshot")
		}
		made := d.Named(r).As
		if again := d.Named(r).As; again != made {
			t.Errorf("the same restore is called %s and %s", made, again)
		}
		before := Switch{Databases: d, Now: now}.before()
		for _, name := range []string{made, before, d.SnapshotName(now), made + "-reader-15", before + "-reader-15"} {
			if err := CheckIdentifier(name); err != nil {
				t.Error(err)
			}
		}
		if !strings.HasPrefix(made, d.Name[:min(len(d.Name), 20)]) {
			t.Errorf("%s does not begin as %s", made, d.Name)
		}
	})
}

// TestStepsOfASwitch holds the order of a switch: marks, then the old name is
// given up, and only then taken.
func TestStepsOfASwitch(t *testing.T) {
	t.Parallel()
	s := Switch{Databases: Databases{Name: "shop"}, To: "other", Now: time.Unix(0, 0)}
	gone := Cluster{Name: "shop", ResourceID: "1", State: available, Tags: map[string]string{"address": "db-cluster/main"}}
	fresh := Cluster{Name: "other", ResourceID: "2", State: available, Tags: map[string]string{}}
	for _, c := range []struct {
		what string
		old  func() *Cluster
		new  func() Cluster
		want string
	}{
		{"both as they were", func() *Cluster { return &gone }, func() Cluster { return fresh }, "Marking other, Marking shop"},
		{"one is marked", func() *Cluster { return &gone }, func() Cluster { return was(fresh) }, "Marking shop"},
		{"both are marked", func() *Cluster { return marked(gone) }, func() Cluster { return was(fresh) }, "Renaming the cluster shop to shop-before-19700101-000000"},
		{"the name is in use and busy", func() *Cluster { return busy(marked(gone)) }, func() Cluster { return was(fresh) }, ""},
		{"there is no old one", func() *Cluster { return nil }, func() Cluster { return was(fresh) }, "Renaming the cluster other to shop"},
	} {
		n := c.new()
		var texts []string
		for _, step := range s.steps(pair{old: c.old(), new: &n}) {
			texts = append(texts, step.text)
		}
		if got := strings.Join(texts, ", "); got != c.want {
			t.Errorf("%s: the steps are %q", c.what, got)
		}
	}
}

func was(c Cluster) Cluster { c.Tags = map[string]string{TagWas: "other"}; return c }

func marked(c Cluster) *Cluster { c.Tags = map[string]string{TagReplaced: "2"}; return &c }

func busy(c *Cluster) *Cluster { c.State = "renaming"; return c }
