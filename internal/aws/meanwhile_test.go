package aws

import (
	"testing"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/sandbox/proxy"
)

// Between a listing and a closer look an object may go: reads of its kind do
// not fail for that.
func TestWhatGoesBetweenAListingAndALook(t *testing.T) {
	w := newWorked(t, func(st *engine.Stack) {
		for _, name := range []string{"sample/one", "sample/two"} {
			engine.Add(st, name, Repository{Name: name, Immutable: true, ScanOnPush: true, Keep: 10})
		}
	})
	w.record.Add(proxy.Rule{
		Name: "gone", Operation: "ecr:GetLifecyclePolicy", Times: 1,
		Error: &proxy.Error{Code: "RepositoryNotFoundException", Message: "The repository does not exist"},
	})
	if d := w.differences(); len(d) != 1 {
		t.Errorf("a plan makes one repository again, not %v", d)
	}
	if d := w.differences(); len(d) != 0 {
		t.Errorf("a further plan has %v", d)
	}
}
