package main

import (
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox/bench"
)

// built writes an image as docker save would.
func (p *place) built(file string) {
	p.t.Helper()
	image, err := random.Image(512, 2)
	if err != nil {
		p.t.Fatal(err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		p.t.Fatal(err)
	}
	config.OS, config.Architecture = "linux", "amd64"
	if image, err = mutate.ConfigFile(image, config); err != nil {
		p.t.Fatal(err)
	}
	tag, err := name.NewTag("built:latest")
	if err != nil {
		p.t.Fatal(err)
	}
	if err := tarball.WriteToFile(p.file(file), tag, image); err != nil {
		p.t.Fatal(err)
	}
}

// The role that deploys may all that releases, deployments, rollbacks and their
// messages take, and nothing that they do not.
func TestDeployRole(t *testing.T) {
	t.Parallel()
	p := applied(t, repository, tells)
	role := p.policyOf("keyedin-production-github-deploy")
	chat := newChat(t)
	p.set("team", chat.URL+"/well/").says(t, 0)
	p.Deploys(t, bench.Deploys{EventSeconds: brisk(), Commands: []bench.CommandAnswer{{Match: "artisan migrate", Output: migrates}}})
	p.built("backend.tar")
	p.built("nginx.tar")
	p.Clear()
	p.must("release", "create", "1.0", "--image", "keyedin/backend=backend.tar", "--image", "keyedin/nginx=nginx.tar")
	p.must("release", "create", "1.1", "--image", "keyedin/backend=:1.0", "--image", "keyedin/nginx=:1.0")
	for _, args := range [][]string{{"deploy", "1.0", "--yes"}, {"deploy", "1.1", "--yes"}, {"deploy", "--attach"}, {"rollback", "--yes"}} {
		p.must(args...)
	}
	p.Deploys(t, bench.Deploys{EventSeconds: brisk(), Failures: []bench.DeployFailure{{Version: "1.1", Event: "AfterInstall", Nth: 1, Code: "ScriptFailed"}}})
	p.run("deploy", "1.1", "--yes").says(t, 1, "1.0 runs again")
	record := p.Record()
	if refused := role.refused(record); len(refused) > 0 {
		t.Errorf("a deployment is refused:\n%s", strings.Join(refused, "\n"))
	}
	if len(record.Mutating()) < 20 {
		t.Errorf("only %d changes are recorded", len(record.Mutating()))
	}
	if unused := role.unused(record); len(unused) > 0 {
		t.Errorf("nothing needs %v", unused)
	}
	heard := strings.Join(chat.heard(), "\n")
	for _, want := range []string{"deploy 1.0 done", "deploy 1.1 done", "1.0 ran before", "rollback 1.0 done", "deploy 1.1 taken back", "1.0 runs again"} {
		if !strings.Contains(heard, want) {
			t.Errorf("%q was not told, but:\n%s", want, heard)
		}
	}
	p.Violations(t)
}
