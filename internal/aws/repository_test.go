package aws

import (
	"testing"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/engine/enginetest"
)

func TestRepository(t *testing.T) {
	step := func(r Repository) enginetest.Step {
		return func(st *engine.Stack) {
			for _, name := range []string{"backend", "nginx"} {
				r.Name = "keyedin/" + st.Environment + "/" + name
				engine.Add(st, name, r)
			}
		}
	}
	conform(t,
		step(Repository{Immutable: true, ScanOnPush: true, Keep: 30}),
		step(Repository{Immutable: true, ScanOnPush: true, Keep: 10}),
		step(Repository{Immutable: false, ScanOnPush: false}),
	)
}

func TestKeptBy(t *testing.T) {
	for name, c := range map[string]struct {
		policy string
		want   int
	}{
		"ours":         {lifecyclePolicy(30), 30},
		"not JSON":     {"{", otherPolicy},
		"no rules":     {`{"rules":[]}`, otherPolicy},
		"another rule": {`{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":3},"action":{"type":"expire"}}]}`, otherPolicy},
		"one more thing": {
			`{"rules":[{"rulePriority":1,"description":"the newest deployed images stay","selection":{"tagStatus":"tagged","tagPrefixList":["deployed-"],"countType":"imageCountMoreThan","countNumber":30},"action":{"type":"expire"}},` +
				`{"rulePriority":2,"description":"images without a tag go after 7 days","selection":{"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":14},"action":{"type":"expire"}},` +
				`{"rulePriority":3,"description":"the newest images stay","selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":30},"action":{"type":"expire"}}]}`, otherPolicy},
		"written otherwise": {
			` {"rules": [{"selection":{"countNumber":12,"countType":"imageCountMoreThan","tagPrefixList":["deployed-"],"tagStatus":"tagged"},"action":{"type":"expire"},"description":"the newest deployed images stay","rulePriority":1},` +
				`{"action":{"type":"expire"},"selection":{"countNumber":7,"countUnit":"days","countType":"sinceImagePushed","tagStatus":"untagged"},"description":"images without a tag go after 7 days","rulePriority":2},` +
				`{"description":"the newest images stay","rulePriority":3,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":12},"action":{"type":"expire"}}]}`, 12},
	} {
		if got := keptBy(c.policy); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}
