package release

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var repositories = []string{"keyedin/backend", "keyedin/nginx"}

func TestChoose(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, file := range []string{"backend.tar", "nginx.tar.gz"} {
		if err := os.WriteFile(filepath.Join(dir, file), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "nginx"), 0o700); err != nil {
		t.Fatal(err)
	}
	backend, zipped, folder := filepath.Join(dir, "backend.tar"), filepath.Join(dir, "nginx.tar.gz"), filepath.Join(dir, "nginx")
	for value, want := range map[string]struct {
		repository string
		kind       kind
		where      string
	}{
		backend:                {"keyedin/backend", inTarball, backend},
		zipped:                 {"keyedin/nginx", inTarball, zipped},
		folder:                 {"keyedin/nginx", inLayout, folder},
		"file://" + folder:     {"keyedin/nginx", inLayout, folder},
		"backend:dev":          {"keyedin/backend", inDocker, "backend:dev"},
		"keyedin/backend":      {"keyedin/backend", inDocker, "keyedin/backend"},
		"ghcr.io/a/nginx:1":    {"keyedin/nginx", inDocker, "ghcr.io/a/nginx:1"},
		"keyedin/nginx=app":    {"keyedin/nginx", inDocker, "app"},
		"keyedin/nginx=:1.3.9": {"keyedin/nginx", inRegistry, "1.3.9"},
		"keyedin/backend=@sha256:" + strings.Repeat("0", 64): {"keyedin/backend", inRegistry, "sha256:" + strings.Repeat("0", 64)},
		"keyedin/backend=" + folder:                          {"keyedin/backend", inLayout, folder},
	} {
		got, err := Choose([]string{value}, repositories)
		s, ok := got[want.repository]
		if err != nil || !ok || s.kind != want.kind || s.where != want.where {
			t.Errorf("%s is %+v, %v", value, got, err)
		}
	}
}

// Whatever is written is a source or is refused as none, and names one of the
// repositories.
func TestChooseAnything(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.OneOf(rapid.String(), rapid.StringMatching(`(keyedin/(backend|nginx)=)?[:@./a-z0-9-]{0,20}`)), 0, 3).Draw(t, "values")
		chosen, err := Choose(values, repositories)
		if err != nil {
			if bad := (*BadSource)(nil); !errors.As(err, &bad) {
				t.Fatalf("%q: %v", values, err)
			}
			return
		}
		if len(chosen) != len(values) {
			t.Fatalf("%q are %v", values, chosen)
		}
		for repository := range chosen {
			if repository != repositories[0] && repository != repositories[1] {
				t.Fatalf("%q are for %q", values, repository)
			}
		}
	})
}

func TestVersionOf(t *testing.T) {
	t.Parallel()
	s := Store{Prefix: "releases/"}
	for key, want := range map[string]string{
		"releases/1.0/bundle.zip": "1.0", "releases/1.0/release.json": "1.0", "releases/1.0/other": "", "releases/1.0": "",
		"releases/a/b/bundle.zip": "", "other/1.0/bundle.zip": "", "releases/-1/bundle.zip": "", "": "",
	} {
		if got := s.VersionOf(key); got != want {
			t.Errorf("%q is of %q, not %q", key, got, want)
		}
	}
}

func TestNear(t *testing.T) {
	t.Parallel()
	all := []string{"1.4.2", "1.4.1", "1.4.0", "1.3.0", "2.0", "nightly"}
	for version, want := range map[string]string{"v1.4": "1.4.2 1.4.1 1.4.0", "1.3": "1.4.2 1.4.1 1.4.0", "2": "2.0", "Night": "nightly", "x": ""} {
		if got := strings.Join(near(version, all), " "); got != want {
			t.Errorf("near %s are %q, not %q", version, got, want)
		}
	}
}
