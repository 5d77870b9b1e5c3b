package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox/bench"
	"github.com/keyedin-app/keyedin-infra/internal/sandbox/proxy"
)

// versions are the releases that are listed, the newest first.
func (p *place) versions() []string {
	p.t.Helper()
	var versions []string
	for _, r := range p.object(p.must("release", "list", "--json"))["releases"].([]any) {
		versions = append(versions, r.(map[string]any)["version"].(string))
	}
	return versions
}

// TestReleasePrune takes away what is neither new nor deployed nor gone back to,
// and images that no other release has.
func TestReleasePrune(t *testing.T) {
	t.Parallel()
	p := sourced(t)
	p.must(creates("1.0")...)
	first := p.whole("1.0").Images
	for _, version := range []string{"1.1", "1.2", "1.3"} {
		p.saves("backend.tar")
		p.must("release", "create", version, "--image", "backend.tar", "--image", "keyedin/nginx=:1.0")
	}
	p.Deploys(t, bench.Deploys{EventSeconds: brisk()})
	for _, version := range []string{"1.1", "1.0"} {
		p.must("deploy", version, "--yes", "--no-before")
	}
	p.must("release", "list").prints(t, "deployed")
	p.must("release", "show", "1.0").prints(t, "release 1.0, deployed now", "  deployed 20", "(d-")
	shown := p.object(p.must("release", "show", "1.1", "--json"))
	if shown["deployed"] != false || len(shown["deployments"].([]any)) != 1 {
		t.Errorf("1.1 is %v", shown)
	}

	p.must("release", "prune").prints(t, "Nothing to remove: 4 releases")
	p.run("release", "prune", "--keep", "1").says(t, 1, "- 1.2, made", "keyedin/backend@sha256:", "Remove 1 release with 1 image for good?", "--yes")
	if n := len(p.versions()); n != 4 {
		t.Errorf("%d releases are left", n)
	}
	p.must("release", "prune", "--keep", "1", "--yes").prints(t, "Removed 1 release and 1 image; 3 releases left.")
	if got := p.versions(); !slices.Equal(got, []string{"1.3", "1.1", "1.0"}) {
		t.Errorf("left are %v", got)
	}
	if got := p.object(p.must("release", "prune", "--keep", "0", "--yes", "--json")); fmt.Sprint(got["kept"]) != "2" {
		t.Errorf("in JSON: %v", got)
	}
	p.whole("1.0")
	p.whole("1.1")
	if backend, nginx := p.inECR("keyedin/backend"), p.inECR("keyedin/nginx"); len(backend) != 2 || backend[first[0].Digest] == nil || nginx[first[1].Digest] == nil {
		t.Errorf("in ECR are %v and %v", backend, nginx)
	}
	if keys := strings.Join(p.keys(), " "); strings.Contains(keys, "1.2") || strings.Contains(keys, "1.3") {
		t.Errorf("in the bucket are %v", keys)
	}
	// A name is free again once its release is gone.
	p.must(append(creates("1.2"), "--revision", "again")...)
	p.whole("1.2")
	p.Violations(t)
}

// Killed before any of its calls, the next prune does the rest.
func TestReleasePrunePowerCut(t *testing.T) {
	t.Parallel()
	p := sourced(t)
	p.must(creates("1.0")...)
	p.saves("backend.tar")
	p.must("release", "create", "1.1", "--image", "backend.tar", "--image", "keyedin/nginx=:1.0")
	p.saves("backend.tar", "nginx.tar")
	p.must(creates("1.2")...)
	prune := []string{"release", "prune", "--keep", "1", "--yes"}
	for _, at := range p.points(1, prune...) {
		t.Run(at.name, func(t *testing.T) {
			t.Parallel()
			at.place.t = t
			at.must(prune...)
			if got := at.versions(); !slices.Equal(got, []string{"1.2"}) {
				t.Errorf("left are %v", got)
			}
			at.whole("1.2")
			if len(at.inECR("keyedin/backend")) != 1 || len(at.inECR("keyedin/nginx")) != 1 || len(at.keys()) != 2 {
				t.Errorf("left are %v, %v, %v", at.inECR("keyedin/backend"), at.inECR("keyedin/nginx"), at.keys())
			}
		})
	}
}

// aged makes what is left of a release, and ages it.
func (p *place) aged(version string, hours int) {
	p.t.Helper()
	archive := "releases/" + version + "/bundle.zip"
	if !slices.Contains(p.keys(), archive) {
		p.store(archive, p.body("releases/1.0/bundle.zip"))
	}
	p.Inside(fmt.Sprintf(`
import datetime
backend("s3", "aws").buckets[%q].keys[%q].last_modified -= datetime.timedelta(hours=%d)
`, private, archive, hours))
}

// What is left of releases that were never finished goes, once nobody can be at
// it any more.
func TestReleasePruneUnfinished(t *testing.T) {
	t.Parallel()
	p := sourced(t)
	p.must(creates("1.0")...)
	p.aged("1.1", 23)
	p.aged("1.2", 25)
	p.aged("1.0", 100) // finished long ago
	before := p.keys()
	p.run("release", "prune").says(t, 1, "- 1.2, begun 20", "Remove 1 unfinished release for good?", "--yes")
	if got := p.keys(); !slices.Equal(got, before) {
		t.Errorf("without consent it left %v", got)
	}
	got := p.object(p.must("release", "prune", "--yes", "--json"))
	gone := got["unfinished"].([]any)
	if len(gone) != 1 || gone[0].(map[string]any)["version"] != "1.2" || fmt.Sprint(got["kept"]) != "1" {
		t.Errorf("in JSON: %v", got)
	}
	want := []string{"releases/1.0/bundle.zip", "releases/1.0/release.json", "releases/1.1/bundle.zip"}
	if got := p.keys(); !slices.Equal(got, want) {
		t.Errorf("left are %v", got)
	}
	p.must("release", "prune", "--yes").prints(t, "Nothing to remove: 1 release")
	p.aged("1.1", 2)
	p.must("release", "prune", "--yes").prints(t, "Removed 1 unfinished release; 1 release left.")
	p.whole("1.0")
	p.Violations(t)
}

// One that a deployment was of stays, whoever took its record.
func TestReleasePruneUnfinishedDeployed(t *testing.T) {
	t.Parallel()
	p := sourced(t)
	p.must(creates("1.0")...)
	p.must("release", "create", "1.1", "--image", "keyedin/backend=:1.0", "--image", "keyedin/nginx=:1.0")
	p.must("release", "create", "1.2", "--image", "keyedin/backend=:1.0", "--image", "keyedin/nginx=:1.0")
	p.Deploys(t, bench.Deploys{EventSeconds: brisk()})
	for _, version := range []string{"1.0", "1.1", "1.2"} {
		p.must("deploy", version, "--yes", "--no-before")
	}
	p.loses("releases/1.0/release.json")
	p.aged("1.0", 50)
	p.must("release", "prune", "--yes").prints(t, "Nothing to remove: 2 releases")
	if !slices.Contains(p.keys(), "releases/1.0/bundle.zip") {
		t.Errorf("left are %v", p.keys())
	}
	p.Violations(t)
}

// The first deployment of all is under way, and its client is gone: its release
// stays.
func TestReleasePruneFirstDeployment(t *testing.T) {
	t.Parallel()
	p := applied(t)
	p.released("1.0", "1.1")
	p.killed("ApplicationStart", "1.0")
	p.must("release", "prune", "--keep", "0", "--yes")
	if got := p.versions(); !slices.Equal(got, []string{"1.0"}) {
		t.Errorf("left are %v", got)
	}
	p.Violations(t)
}

// Somebody finishes a release while it is taken for abandoned: it is whole in
// the end, whoever is last.
func TestReleasePruneFinishedMeanwhile(t *testing.T) {
	t.Parallel()
	p := sourced(t)
	p.must(creates("1.0")...)
	record := p.body("releases/1.0/release.json")
	p.loses("releases/1.0/release.json")
	p.aged("1.0", 30)
	of := func(key string) func(proxy.Call) bool {
		return func(c proxy.Call) bool { return c.Key == "releases/1.0/"+key }
	}
	p.Add(proxy.Rule{Name: "finished", Operation: "s3:DeleteObject", Times: 1, Match: of("bundle.zip"), Hook: func(proxy.Call) {
		p.store("releases/1.0/release.json", record)
	}})
	r := p.must("release", "prune", "--yes")
	r.says(t, 0, "1.0 stays: it was finished just now")
	r.prints(t, "Nothing to remove: 1 release")
	p.whole("1.0")

	p.Calm()
	p.loses("releases/1.0/release.json")
	p.Add(proxy.Rule{Name: "discarded", Operation: "s3:PutObject", Times: 1, Match: of("release.json"), Hook: func(proxy.Call) {
		p.loses("releases/1.0/bundle.zip")
	}})
	p.must(creates("1.0")...)
	p.whole("1.0")
}

// loses takes an object out of the private bucket.
func (p *place) loses(key string) {
	p.t.Helper()
	if _, err := s3.NewFromConfig(p.Config()).DeleteObject(p.t.Context(), &s3.DeleteObjectInput{Bucket: aws.String(private), Key: aws.String(key)}); err != nil {
		p.t.Fatal(err)
	}
}

// Images that were pushed as one for several platforms go with it.
func TestReleasePruneIndex(t *testing.T) {
	t.Parallel()
	p := sourced(t)
	amd := built(t, "amd64")
	index := besideARM(t, amd)
	p.pushes("keyedin/backend:1.0", index)
	p.must("release", "create", "1.0", "--image", "nginx.tar")
	r := p.object(p.must("release", "show", "1.0", "--json"))
	if got := r["images"].([]any)[0].(map[string]any)["digest"]; got != digestOf(t, amd) {
		t.Errorf("the backend is %v", got)
	}
	p.saves("backend.tar", "nginx.tar")
	p.must(creates("1.1")...)
	p.must("release", "prune", "--keep", "1", "--yes").prints(t, "Removed 1 release and 2 images; 1 release left.")
	left := p.inECR("keyedin/backend")
	if left[digestOf(t, index)] != nil || left[digestOf(t, amd)] != nil {
		t.Errorf("left are %v", left)
	}
}

// pushes pushes as docker would.
func (p *place) pushes(reference string, index v1.ImageIndex) {
	p.t.Helper()
	auth := p.token()
	ref, err := name.ParseReference(strings.TrimPrefix(p.URL, "http://")+"/"+reference, name.Insecure)
	if err == nil {
		err = remote.WriteIndex(ref, index, remote.WithAuth(auth))
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// A release whose record is not as it was written is named.
func TestReleaseBroken(t *testing.T) {
	t.Parallel()
	p := sourced(t)
	p.must(creates("1.0")...)
	record := p.body("releases/1.0/release.json")
	p.store("releases/1.0/release.json", record[:20])
	for _, command := range [][]string{{"list"}, {"show", "1.0"}, {"prune", "--yes"}} {
		p.run(append([]string{"release"}, command...)...).says(t, 1, "s3://keyedin-private/releases/1.0/release.json is not as it was written")
	}
	p.store("releases/1.0/release.json", record)
	p.store("releases/1.0/bundle.zip", []byte("no archive"))
	p.run(creates("1.0")...).says(t, 1, "releases/1.0/bundle.zip is not as it was written")
	p.store("releases/notes.txt", []byte("somebody's"))
	if got := p.versions(); !slices.Equal(got, []string{"1.0"}) {
		t.Errorf("listed are %v", got)
	}
}

// Completion names the releases, and is silent where AWS does not answer.
func TestReleaseCompletion(t *testing.T) {
	t.Parallel()
	p := sourced(t)
	p.must(creates("1.0")...)
	if r := p.must("__complete", "release", "show", ""); !strings.HasPrefix(r.out, "1.0\n:") {
		t.Errorf("completed is %q", r.out)
	}
	p.Add(proxy.Rule{Name: "denied", Error: proxy.Denied("arn:aws:iam::123456789012:user/ops", "s3:ListBucket")})
	if r := p.must("__complete", "release", "show", ""); !strings.HasPrefix(r.out, ":") {
		t.Errorf("completed is %q", r.out)
	}
}

// The commit is that of the config's folder.
func TestReleaseRevision(t *testing.T) {
	t.Parallel()
	p := sourced(t)
	p.write("commit", "")
	git := func(args ...string) string {
		c := p.command()
		c.Path, c.Args = gitPath(t), append([]string{"git", "-c", "user.name=t", "-c", "user.email=t@example.com"}, args...)
		r := p.finish(c)
		if r.code != 0 {
			t.Fatal(r.err)
		}
		return strings.TrimSpace(r.out)
	}
	git("init", "-q")
	git("add", "commit")
	git("commit", "-qm", "one")
	head := git("rev-parse", "HEAD")
	r := p.must(append(creates("1.0"), "--config", filepath.Join(p.dir, "keyedin.yaml"))...)
	if strings.Contains(r.err, "changes here") || p.whole("1.0").Revision != head {
		t.Errorf("the revision is %q, not %s: %s", p.whole("1.0").Revision, head, r.err)
	}
	p.write("commit", "changed")
	r = p.must("release", "create", "1.1", "--image", "keyedin/backend=:1.0", "--image", "keyedin/nginx=:1.0", "--json")
	r.says(t, 0, "there are changes here that commit "+head[:12])
	var out struct {
		Release struct{ Revision string }
		Made    bool
	}
	if err := json.Unmarshal([]byte(r.out), &out); err != nil || !out.Made || out.Release.Revision != head {
		t.Errorf("in JSON: %s, %v", r.out, err)
	}
}
