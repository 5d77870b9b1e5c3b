package aws

import (
	"fmt"
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
		step(Repository{Immutable: true, ScanOnPush: true, Keep: 10, KeepDeployed: 20}),
		step(Repository{Immutable: false, ScanOnPush: false}),
	)
}

func TestKeptBy(t *testing.T) {
	type kept struct{ keep, deployed int }
	other := kept{otherPolicy, 0}
	deployed := `{"rulePriority":1,"description":"the newest deployed images stay","selection":{"tagStatus":"tagged","tagPrefixList":["%s"],"countType":"imageCountMoreThan","countNumber":40},"action":{"type":"expire"}},`
	untagged := `{"rulePriority":%d,"description":"images without a tag go after 7 days","selection":{"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":%d},"action":{"type":"expire"}},`
	newest := `{"rulePriority":%d,"description":"the newest images stay","selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":30},"action":{"type":"expire"}}`
	rules := func(format string, with ...any) string { return `{"rules":[` + fmt.Sprintf(format, with...) + `]}` }
	for name, c := range map[string]struct {
		policy string
		want   kept
	}{
		"ours":                   {lifecyclePolicy(30, 40), kept{30, 40}},
		"ours, word by word":     {rules(deployed+untagged+newest, "deployed-", 2, 7, 3), kept{30, 40}},
		"of all images alone":    {rules(untagged+newest, 1, 7, 2), kept{30, 0}},
		"not JSON":               {"{", other},
		"no rules":               {`{"rules":[]}`, other},
		"another rule":           {rules(newest, 1), other},
		"another age":            {rules(deployed+untagged+newest, "deployed-", 2, 14, 3), other},
		"another age, all alone": {rules(untagged+newest, 1, 14, 2), other},
		"another prefix":         {rules(deployed+untagged+newest, "v", 2, 7, 3), other},
		"another order":          {rules(untagged+deployed+newest, 2, 7, "deployed-", 3), other},
		"written otherwise": {
			` {"rules": [{"selection":{"countNumber":9,"countType":"imageCountMoreThan","tagPrefixList":["deployed-"],"tagStatus":"tagged"},"action":{"type":"expire"},"description":"the newest deployed images stay","rulePriority":1},` +
				`{"action":{"type":"expire"},"selection":{"countNumber":7,"countUnit":"days","countType":"sinceImagePushed","tagStatus":"untagged"},"description":"images without a tag go after 7 days","rulePriority":2},` +
				`{"description":"the newest images stay","rulePriority":3,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":12},"action":{"type":"expire"}}]}`, kept{12, 9}},
	} {
		var got kept
		if got.keep, got.deployed = keptBy(c.policy); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
