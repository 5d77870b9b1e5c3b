package bundle

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The first release ends the placeholder, runs by digest and is recorded.
func TestFirstRelease(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	one := inputOf("1.0", "1")
	h.deployed(one)
	got := h.looks()
	if got.Placeholder || !got.Released || !got.Timer {
		t.Errorf("placeholder %v, released %v, timer %v", got.Placeholder, got.Released, got.Timer)
	}
	if got.Running != images(one) || got.Images != images(one) {
		t.Errorf("runs %s of %s", got.Running, got.Images)
	}
	if want := strings.ReplaceAll("1.0 "+strings.TrimSpace(images(one)), "\n", "\n1.0 ") + "\n"; got.Recorded != want {
		t.Errorf("recorded %s", got.Recorded)
	}
	want := []string{"var/lib/keyedin/application.env", "var/lib/keyedin/images", "var/lib/keyedin/lock", "etc/keyedin/database-ca.pem", "etc/keyedin/environment", "etc/keyedin/released"}
	if diff := cmp.Diff(want, got.Left); diff != "" {
		t.Error(diff)
	}
}

// Nothing that runs is stopped before everything new is there, and port 80 is
// free before the new containers want it.
func TestOrderOfARelease(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.deployed(inputOf("1.0", "1"))
	calls := h.read("calls")
	at := -1
	for _, want := range []string{"get-parameters-by-path", "config --quiet", "pull --quiet", " down ", " up ", "http://127.0.0.1/health?full=1&x=", "image ls", "keyedin-password.timer"} {
		next := strings.LastIndex(calls, want)
		if next < at {
			t.Errorf("%q is too early in:\n%s", want, calls)
		}
		at = next
	}
	if strings.Index(calls, "stop keyedin-placeholder") > strings.Index(calls, " up ") {
		t.Errorf("the placeholder still had port 80:\n%s", calls)
	}
}

// The disk has the release that runs and the one before it, and what is not ours.
func TestImagesOfTwoReleasesStay(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	one, two, three := inputOf("1.0", "1"), inputOf("2.0", "2"), inputOf("3.0", "3")
	for _, in := range []Input{one, two, three, three} {
		h.deployed(in)
	}
	if got := h.looks(); got.Images != images(two)+images(three) || got.Running != images(three) {
		t.Errorf("images %s, running %s", got.Images, got.Running)
	}
	h.deployed(two) // back
	h.deployed(one) // and further back
	if got := h.looks(); got.Images != images(two)+images(one) || got.Running != images(one) {
		t.Errorf("images %s, running %s", got.Images, got.Running)
	}
	if strings.Contains(h.read("calls"), "image rm redis") {
		t.Error("an image that is not ours was removed")
	}
}

// What cannot be pulled or read stops nothing.
func TestPrepareFails(t *testing.T) {
	for name, tc := range map[string]struct{ file, says string }{
		"pull":        {"docker/no-pull", "try 5 of 5 failed: docker pull"},
		"environment": {"aws-fails", "keyedin: aws ssm get-parameters-by-path failed with exit code 254"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			h.deployed(inputOf("1.0", "1"))
			before := h.looks()
			h.write(tc.file, "")
			out, err := h.deploy(inputOf("2.0", "2"))
			if err == nil || !strings.Contains(out, tc.says) {
				t.Fatalf("%v\n%s", err, out)
			}
			if diff := cmp.Diff(before, h.looks()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Old authorities of the database are better than none.
func TestAuthorities(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.write("no-authorities", "")
	if out, err := h.deploy(inputOf("1.0", "1")); err == nil || !strings.Contains(out, "try 5 of 5 failed: download") {
		t.Errorf("%v\n%s", err, out)
	}
	h.write("etc/keyedin/database-ca.pem", "-----END CERTIFICATE-----\n")
	h.must(os.Chtimes(h.path("etc/keyedin/database-ca.pem"), inputOf("", "").Created.AddDate(-2, 0, 0), inputOf("", "").Created.AddDate(-2, 0, 0)))
	h.deployed(inputOf("1.0", "1"))
}

// A release that does not answer says why in the little that CodeDeploy shows,
// without a secret; the first one gives the placeholder its port back.
func TestHealthCheckFails(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.parameters(map[string]string{"APP_KEY": "base64:0123456789", "TLS_KEY": "one line\nanother line"})
	h.write("docker/sick", "")
	h.write("docker/logs", strings.Repeat("nginx-1 | "+strings.Repeat("x", 3000)+"\n", 20)+
		"backend-1 | password first-password, key base64:0123456789\nbackend-1 | another line\nbackend-1 | the reason\n")
	out, err := h.deploy(inputOf("1.0", "1"))
	if err == nil {
		t.Fatal(out)
	}
	for _, want := range []string{"did not answer 200 within 0 s, but 502", "nginx: Restarting (1)", "password [DB_PASSWORD], key [APP_KEY]\n", "backend-1 | [TLS_KEY]\n", "the reason", "1.0 FAILED in check.sh with exit code 1\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
	if shown := len(out) + strings.Count(out, "\n")*len("[stdout]"); shown > 2048 {
		t.Errorf("the agent would keep the end of %d bytes:\n%s", shown, out)
	}
	if got := h.looks(); !got.Placeholder || got.Released || got.Running != "" || got.Recorded != "" {
		t.Errorf("%+v", got)
	}
	h.must(os.Remove(h.path("docker/sick")))
	h.deployed(inputOf("1.1", "2"))
	if got := h.looks(); got.Placeholder || !got.Released || got.Images != images(inputOf("1.1", "2")) {
		t.Errorf("%+v", got)
	}
}

// A later one leaves its containers to look at, and the release before can come
// back with all its images here.
func TestHealthCheckFailsLater(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	one, two := inputOf("1.0", "1"), inputOf("2.0", "2")
	h.deployed(one)
	h.write("docker/sick", "")
	if out, err := h.deploy(two); err == nil {
		t.Fatal(out)
	}
	if got := h.looks(); got.Placeholder || !got.Released || got.Running != images(two) || !strings.HasPrefix(got.Recorded, "1.0 ") {
		t.Errorf("%+v", got)
	}
	h.must(os.Remove(h.path("docker/sick")))
	h.write("docker/no-pull", "")
	h.deployed(one)
	if got := h.looks(); got.Running != images(one) || got.Images != images(one) {
		t.Errorf("%+v", got)
	}
}

// RDS changes the password by itself; the containers get it, and nothing else.
func TestPasswordIsFollowed(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	one := inputOf("1.0", "1")
	h.deployed(one)
	before := h.looks()
	password := func() {
		t.Helper()
		h.write("calls", "")
		if out, err := h.run("opt/keyedin/current/bin/password"); err != nil || strings.Contains(out, "-password") {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	password()
	if diff := cmp.Diff(before, h.looks()); diff != "" || strings.Contains(h.read("calls"), "docker compose") {
		t.Errorf("something was done without need: %s", diff)
	}
	h.password("second-password")
	h.parameters(map[string]string{"APP_KEY": "another"})
	password()
	want := strings.Replace(before.Environment, "first-password", "second-password", 1)
	if diff := cmp.Diff(want, h.looks().Environment); diff != "" {
		t.Error(diff)
	}
	// Killed after the file was written and before the containers have it.
	h.write("docker/environment", "")
	h.write("var/lib/keyedin/application.env.changed", "")
	password()
	if got := h.looks(); got.Environment != want || h.has("var/lib/keyedin/application.env.changed") {
		t.Errorf("%+v", got)
	}
}

// While a deployment is under way, and where the team has a password of its own,
// that is left alone.
func TestPasswordIsNotFollowed(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.parameters(map[string]string{"DB_PASSWORD": "our own"})
	h.deployed(inputOf("1.0", "1"))
	if !strings.Contains(h.looks().Environment, `DB_PASSWORD="our own"`) || !strings.Contains(h.looks().Environment, `DB_USERNAME="keyedin"`) {
		t.Error(h.looks().Environment)
	}
	h.password("second-password")
	before := h.looks()
	for range 2 {
		if out, err := h.run("opt/keyedin/current/bin/password"); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if diff := cmp.Diff(before, h.looks()); diff != "" {
			t.Error(diff)
		}
		h.parameters(nil)
		h.unpack(inputOf("2.0", "2"), "opt/keyedin/current")
	}
}
