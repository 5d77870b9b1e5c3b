package bundle

import (
	"os/exec"
	"path/filepath"
	"testing"
)

func TestShellcheck(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("shellcheck"); err != nil {
		t.Skip("shellcheck is not installed")
	}
	scripts := []string{"--external-sources", "--source-path=SCRIPTDIR"}
	for _, pattern := range []string{"files/bin/*", "files/hooks/*.sh", "testdata/host/*"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		scripts = append(scripts, found...)
	}
	if out, err := exec.Command("shellcheck", scripts...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// Amazon Linux 2023 has Python 3.9.
func TestPythonIsNotTooNew(t *testing.T) {
	t.Parallel()
	const parse = `import ast, sys; ast.parse(open(sys.argv[1]).read(), feature_version=(3, 9))`
	if out, err := exec.Command("python3", "-c", parse, "files/hooks/release.py").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
