package main

import (
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox/proxy"
)

// TestRelease makes releases of images wherever they are, deploys one, and takes
// old ones away.
func TestRelease(t *testing.T) {
	t.Parallel()
	p := applied(t)
	p.must("release", "list").prints(t, "no releases yet", "keyedin release create")
	backend, nginx := built(t, "amd64"), p.saves("nginx.tar")
	p.lays("app", backend)
	r := p.must("release", "create", "1.0", "--image", "keyedin/backend=./app", "--image", "nginx.tar", "--revision", "abc123")
	r.prints(t, "release 1.0 is made: 2 images", digestOf(t, backend), nginx)
	r.says(t, 0, "keyedin/backend is in ECR: 4 layers", "keyedin deploy 1.0")
	if made := p.whole("1.0"); made.Revision != "abc123" || made.Images[0].Digest != digestOf(t, backend) || made.Images[1].Digest != nginx || made.Images[0].Size < 6000 {
		t.Errorf("the release is %+v", made)
	}

	// The same again pushes nothing and makes nothing.
	p.Clear()
	p.must("release", "create", "1.0", "--image", "keyedin/backend=./app", "--image", "nginx.tar").prints(t, "already there, with the same content")
	p.must("release", "create", "1.0").prints(t, "already there, with the same content")
	for _, c := range p.Record().Mutating() {
		if c.Status != 412 {
			t.Errorf("%s was done again, with %d", c, c.Status)
		}
	}
	// Other content under the version is refused before anything is pushed.
	p.saves("nginx.tar")
	p.run("release", "create", "1.0", "--image", "nginx.tar").says(t, 1, "keyedin/nginx:1.0 is already in ECR and is another image", "Choose another version")

	// What ECR has need not be pushed.
	p.Clear()
	p.must("release", "create", "1.1", "--image", "keyedin/backend=:1.0", "--image", "keyedin/nginx=@"+nginx)
	p.whole("1.1")
	if n := p.Record().Count()["registry:StartUpload"]; n > 0 {
		t.Errorf("%d uploads of what is there", n)
	}
	p.must("release", "list").prints(t, "1.1 ", "1.0 ", "abc123")
	if all := p.object(p.must("release", "list", "--json"))["releases"].([]any); len(all) != 2 || all[0].(map[string]any)["version"] != "1.1" {
		t.Errorf("in JSON: %v", all)
	}
	p.must("release", "show", "1.0").prints(t, "release 1.0, not deployed now", "revision  abc123", nginx)
	p.run("release", "show", "1.2").says(t, 1, `there is no release "1.2"`, "is it 1.1 or 1.0?")
	p.Violations(t)
}

// An image for several platforms gives the one of the instances.
func TestReleasePlatforms(t *testing.T) {
	t.Parallel()
	p := applied(t)
	p.saves("nginx.tar")
	arm, amd := built(t, "arm64"), built(t, "amd64")
	index := mutate.AppendManifests(empty.Index,
		mutate.IndexAddendum{Add: arm, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "arm64"}}},
		mutate.IndexAddendum{Add: amd, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "amd64"}}})
	path, err := layout.Write(filepath.Join(p.dir, "both"), empty.Index)
	if err == nil {
		err = path.AppendIndex(index)
	}
	if err != nil {
		t.Fatal(err)
	}
	p.lays("arm", arm)
	p.run("release", "create", "1.0", "--image", "keyedin/backend=./arm", "--image", "nginx.tar").says(t, 1, "./arm is for linux/arm64", "linux/amd64", "--platform")
	if p.keys() != nil || len(p.inECR("keyedin/nginx")) > 0 {
		t.Errorf("something was made of it: %v, %v", p.keys(), p.inECR("keyedin/nginx"))
	}
	p.must("release", "create", "1.0", "--image", "keyedin/backend=./both", "--image", "nginx.tar")
	if r := p.whole("1.0"); r.Images[0].Digest != digestOf(t, amd) {
		t.Errorf("the backend is %s", r.Images[0].Digest)
	}
}

// Wrong inputs are refused, in words of their own, and make nothing.
func TestReleaseRefuses(t *testing.T) {
	t.Parallel()
	p := applied(t)
	p.saves("nginx.tar", "other.tar")
	p.lays("app", built(t, "amd64"))
	p.lays("two", built(t, "amd64"), built(t, "amd64"))
	p.lays("none")
	p.write("text.tar", strings.Repeat("no tarball\n", 100))
	p.write("half.tar", p.read("nginx.tar")[:3000])
	p.write("compose.yaml", "services:\n  web:\n    build: .\n")
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"create"}, "release create VERSION"},
		{[]string{"create", "a/b"}, "no name of a release"},
		{[]string{"create", "deployed-1"}, "cannot be called \"deployed-1\""},
		{[]string{"create", "1"}, "keyedin/backend has no image tagged 1 in ECR, and no --image says where it is"},
		{[]string{"create", "1", "--image", "keyedin/backend=./nowhere"}, "./nowhere: there is no such file"},
		{[]string{"create", "1", "--image", "keyedin/backend=file:///nowhere"}, "no such file"},
		{[]string{"create", "1", "--image", "keyedin/other=nginx.tar"}, "none of app.repositories, which are keyedin/backend, keyedin/nginx"},
		{[]string{"create", "1", "--image", "other.tar"}, "which repository this is for"},
		{[]string{"create", "1", "--image", "nginx.tar", "--image", "nginx.tar"}, "already"},
		{[]string{"create", "1", "--image", "keyedin/backend="}, "one of them is missing"},
		{[]string{"create", "1", "--image", "keyedin/backend=:a/b"}, "no tag"},
		{[]string{"create", "1", "--image", "keyedin/backend=@sha256:12"}, "no digest"},
		{[]string{"create", "1", "--image", "keyedin/backend=:0.9"}, "has no image tagged 0.9 in ECR"},
		{[]string{"create", "1", "--image", "keyedin/backend=UPPER CASE"}, "neither a file that is there nor a name of an image"},
		{[]string{"create", "1", "--image", "keyedin/backend=two"}, "it has 2 images for linux/amd64"},
		{[]string{"create", "1", "--image", "keyedin/backend=none"}, "its index has no images"},
		{[]string{"create", "1", "--image", "keyedin/backend=."}, "index.json is missing"},
		{[]string{"create", "1", "--image", "keyedin/backend=text.tar"}, "no tarball"},
		{[]string{"create", "1", "--image", "keyedin/backend=half.tar"}, "half.tar: it"},
		{[]string{"create", "1", "--image", "keyedin/backend=app", "--image", "nginx.tar", "--compose", "none.yaml"}, "compose file cannot be read"},
		{[]string{"create", "1", "--image", "keyedin/backend=app", "--image", "nginx.tar", "--compose", "compose.yaml"}, "compose.yaml:"},
		{[]string{"create", "1", "--image", "keyedin/backend=app", "--image", "nginx.tar", "--revision", "a b"}, "no commit"},
		{[]string{"show"}, "release show VERSION"},
		{[]string{"show", "9"}, "release list"},
		{[]string{"prune", "--keep", "-1"}, "at least 0"},
	} {
		r := p.run(append([]string{"release"}, c.args...)...)
		if r.code != 1 || !strings.Contains(r.err, c.says) {
			t.Errorf("release %q ended with %d and does not say %q: %s", c.args, r.code, c.says, r.err)
		}
	}
	if p.keys() != nil || len(p.inECR("keyedin/nginx")) > 0 || len(p.inECR("keyedin/backend")) > 0 {
		t.Errorf("something was made: %v", p.keys())
	}
	if n := len(p.Record().Where(func(c proxy.Call) bool { return c.Service == "registry" && c.Mutating() })); n > 0 {
		t.Errorf("%d calls pushed something", n)
	}
	p.Violations(t)
}
