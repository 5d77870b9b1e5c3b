package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox/bench"
	"github.com/keyedin-app/keyedin-infra/internal/sandbox/proxy"
)

// sourced is an applied environment with an image for each repository in a file.
func sourced(t *testing.T) *place {
	t.Helper()
	p := applied(t)
	p.saves("backend.tar", "nginx.tar")
	return p
}

// creates is the command that makes a release of what is in the files.
func creates(version string) []string {
	return []string{"release", "create", version, "--image", "backend.tar", "--image", "nginx.tar"}
}

// Killed before any of its calls, the next run of the same command makes the
// release, and does not push again what is there.
func TestReleasePowerCut(t *testing.T) {
	t.Parallel()
	p := sourced(t)
	points := p.points(5, creates("1.0")...)
	want := p.whole("1.0")
	for _, at := range points {
		t.Run(at.name, func(t *testing.T) {
			t.Parallel()
			at.place.t = t
			at.must(creates("1.0")...)
			if r := at.whole("1.0"); r.Content != want.Content {
				t.Errorf("another release: %+v", r)
			}
			if n := len(at.inECR("keyedin/backend")); n != 1 {
				t.Errorf("%d images", n)
			}
		})
	}
}

// TestReleaseKilled kills the program after a call, the answer to which is lost.
func TestReleaseKilled(t *testing.T) {
	t.Parallel()
	for _, at := range []struct {
		operation string
		skip      int
	}{{"registry:PatchUpload", 0}, {"registry:PutUpload", 2}, {"registry:PutManifest", 0}, {"s3:PutObject", 0}, {"s3:PutObject", 1}} {
		t.Run(fmt.Sprint(at.operation, " ", at.skip), func(t *testing.T) {
			t.Parallel()
			p := sourced(t)
			c := p.command(creates("1.0")...)
			p.Add(proxy.Rule{Name: "kill", Operation: at.operation, Skip: at.skip, Lost: true, Hook: func(proxy.Call) { _ = c.Process.Kill() }})
			p.finish(c)
			p.Calm()
			p.must(creates("1.0")...)
			p.whole("1.0")
			p.must(creates("1.0")...).prints(t, "already there, with the same content")
		})
	}
}

// What was cut short holds its version for its own content.
func TestReleaseCutShortAndOther(t *testing.T) {
	t.Parallel()
	p := sourced(t)
	p.Add(proxy.Rule{Name: "denied", Operation: "s3:PutObject", Skip: 1, Error: proxy.Denied("arn:aws:iam::123456789012:user/ops", "s3:PutObject")})
	p.run(creates("1.0")...).says(t, 1, "s3:PutObject", "user/ops")
	p.Calm()
	p.must("release", "list").prints(t, "no releases yet")
	p.saves("backend.tar")
	p.run(creates("1.0")...).says(t, 1, "keyedin/backend:1.0 is already in ECR")
	p.write("compose.yaml", "services:\n  web:\n    image: keyedin/backend\n    ports: [\"80:80\"]\n  nginx:\n    image: keyedin/nginx\n")
	p.run("release", "create", "1.0", "--compose", "compose.yaml").says(t, 1, "with other content", "compose file is another", "Choose another version")
	p.must("release", "create", "1.0")
	p.must("release", "create", "1.1", "--compose", "compose.yaml", "--image", "keyedin/backend=:1.0", "--image", "keyedin/nginx=:1.0")
	p.whole("1.1")
}

// Two at once make one release, or one of them is told that it is another.
func TestReleaseTwiceAtOnce(t *testing.T) {
	t.Parallel()
	p := sourced(t)
	first, second := p.start(creates("1.0")...), p.start(creates("1.0")...)
	first.end().says(t, 0)
	second.end().says(t, 0)
	p.whole("1.0")
	if n := len(p.inECR("keyedin/backend")); n != 1 {
		t.Errorf("%d images", n)
	}

	other := &place{Bench: p.Bench, t: t, dir: t.TempDir(), env: p.env}
	if err := os.CopyFS(other.dir, os.DirFS(p.dir)); err != nil {
		t.Fatal(err)
	}
	other.saves("backend.tar", "nginx.tar")
	first, second = p.start(creates("2.0")...), other.start(creates("2.0")...)
	a, b := first.end(), second.end()
	if a.code+b.code != 1 || !strings.Contains(a.err+b.err, "another image") && !strings.Contains(a.err+b.err, "with other content") {
		t.Errorf("they ended with %d and %d:\n%s%s", a.code, b.code, a.err, b.err)
	}
	if a.code == 0 || b.code == 0 {
		p.whole("2.0")
	}
}

// A registry that throttles, fails and loses answers for a while is asked again;
// one that denies is not.
func TestReleaseDisturbed(t *testing.T) {
	t.Parallel()
	p := sourced(t)
	p.Stern(t, bench.Stern{})
	for i, e := range []*proxy.Error{proxy.Throttled(), proxy.Failure()} {
		p.Add(proxy.Rule{Name: fmt.Sprint("bad ", i), Operation: "registry:*", Rate: 0.2, Seed: uint64(i), Times: 6, Error: e})
	}
	p.Add(proxy.Rule{Name: "lost", Operation: "registry:P*", Rate: 0.2, Seed: 7, Times: 3, Lost: true})
	p.Add(proxy.Rule{Name: "dropped", Operation: "registry:PatchUpload", Skip: 1, Times: 1, Drop: true})
	p.Add(proxy.Rule{Name: "at once", Operation: "s3:PutObject", Times: 1, Error: &proxy.Error{Code: "ConditionalRequestConflict", Status: 409}})
	p.must(creates("1.0")...)
	p.whole("1.0")
	if p.injected("bad 0")+p.injected("bad 1") < 3 {
		t.Error("hardly anything went wrong")
	}
	p.Calm()
	p.Clear()
	p.Add(proxy.Rule{Name: "denied", Operation: "registry:StartUpload", Error: proxy.Denied("arn:aws:iam::123456789012:user/ops", "ecr:InitiateLayerUpload")})
	p.saves("nginx.tar")
	p.run("release", "create", "2.0", "--image", "nginx.tar", "--image", "keyedin/backend=:1.0").says(t, 1, "pushing a layer of keyedin/nginx", "ecr:InitiateLayerUpload", "same command goes on")
	if n := p.Record().Count()["registry:StartUpload"]; n > 4 {
		t.Errorf("what is denied was tried %d times", n)
	}
}

// Ctrl-C ends it at once, and says how to go on.
func TestReleaseInterrupted(t *testing.T) {
	t.Parallel()
	p := sourced(t)
	at, release := p.hold("registry:PatchUpload")
	r := p.start(creates("1.0")...)
	await(t, "an upload", at)
	r.signal(syscall.SIGINT)
	release()
	r.end().says(t, 130, "interrupted; release 1.0 is not made", "The same command goes on")
	p.must(creates("1.0")...)
	p.whole("1.0")
}

// An image of Docker's is had from the docker command, whose words are passed on
// where there is none.
func TestReleaseFromDocker(t *testing.T) {
	t.Parallel()
	p := sourced(t)
	p.env = append(p.env, "PATH="+p.dir+"/bin:"+os.Getenv("PATH"))
	if err := os.Mkdir(filepath.Join(p.dir, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	docker := "#!/bin/sh\n[ \"$*\" = 'image save app:dev' ] && exec cat \"$(dirname \"$0\")/../backend.tar\"\n" +
		"echo 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?' >&2\nexit 1\n"
	if err := os.WriteFile(p.file("bin/docker"), []byte(docker), 0o755); err != nil {
		t.Fatal(err)
	}
	p.run("release", "create", "1.0", "--image", "keyedin/backend=app:prod", "--image", "nginx.tar").
		says(t, 1, "app:prod: docker cannot give it", "Is the docker daemon running?", "docker image ls")
	p.must("release", "create", "1.0", "--image", "keyedin/backend=app:dev", "--image", "nginx.tar")
	p.whole("1.0")
	p.env = append(p.env, "PATH=/nowhere")
	p.run("release", "create", "1.1", "--image", "keyedin/backend=app:dev").says(t, 1, "command docker is missing", "docker save -o app.tar")
}

// Layers that two repositories share are sent once, where the account lets them
// be mounted.
func TestReleaseMounts(t *testing.T) {
	t.Parallel()
	p := applied(t)
	p.lays("app", built(t, "amd64"))
	if _, err := ecr.NewFromConfig(p.Config()).PutAccountSetting(t.Context(), &ecr.PutAccountSettingInput{Name: aws.String("BLOB_MOUNTING"), Value: aws.String("ENABLED")}); err != nil {
		t.Fatal(err)
	}
	p.must("release", "create", "1.0", "--image", "keyedin/backend=app", "--image", "keyedin/nginx=app")
	p.whole("1.0")
	if n := p.Record().Count()["registry:PatchUpload"]; n != 4 {
		t.Errorf("%d uploads of 4 layers", n)
	}
}
