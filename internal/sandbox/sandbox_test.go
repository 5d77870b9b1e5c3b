package sandbox

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"

	"github.com/keyedin-app/keyedin-infra/internal/state/process"
)

// alone gives the test a cache folder of its own, and ends what it left running.
func alone(t *testing.T) home {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", dir)
	t.Setenv("HOME", dir)
	h, err := openHome()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, _, err := Down(context.Background()); err != nil {
			t.Errorf("Down: %v", err)
		}
	})
	return h
}

func up(t *testing.T, o Options) Status {
	t.Helper()
	s, err := Up(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAllWhoStartASandboxGetTheSameOne(t *testing.T) {
	h := alone(t)
	var got [4]Status
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() {
			var err error
			if got[i], err = Up(t.Context(), Options{Listen: "127.0.0.1:0"}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	found, ok, err := Find(t.Context())
	if err != nil || !ok {
		t.Fatalf("Find: %v, %v", ok, err)
	}
	for _, s := range got {
		if d := cmp.Diff(found, s); d != "" {
			t.Error(d)
		}
	}
	if found.Outdated() {
		t.Error("the sandbox of this very binary is outdated")
	}
	left, err := filepath.Glob(h.path("unpack-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
	if _, ended, err := Down(t.Context()); err != nil || !ended {
		t.Errorf("Down: %v, %v", ended, err)
	}
	if _, ok, err := Find(t.Context()); err != nil || ok {
		t.Errorf("Find after Down: %v, %v", ok, err)
	}
	if _, ended, err := Down(t.Context()); err != nil || ended {
		t.Errorf("the second Down: %v, %v", ended, err)
	}
	if answers(t.Context(), found.URL) {
		t.Error("it answers after Down")
	}
}

func TestTheVariablesLeadAClientThere(t *testing.T) {
	alone(t)
	for _, name := range []string{"AWS_PROFILE", "AWS_ENDPOINT_URL_STS", "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID"} {
		t.Setenv(name, "http://127.0.0.1:1")
	}
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_SECRET_ACCESS_KEY", "AWS_CONFIG_FILE",
		"AWS_SHARED_CREDENTIALS_FILE", "AWS_EC2_METADATA_DISABLED"} {
		t.Setenv(name, "") // put back after the test
	}
	t.Setenv("AWS_REGION", "eu-west-1")
	s := up(t, Options{Listen: "localhost:0"})
	if err := s.Enter(); err != nil {
		t.Fatal(err)
	}
	c, err := config.LoadDefaultConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if c.Region != "eu-west-1" {
		t.Errorf("the region became %s", c.Region)
	}
	identity, err := sts.NewFromConfig(c).GetCallerIdentity(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if *identity.Account != "123456789012" {
		t.Errorf("account %s", *identity.Account)
	}
	for _, v := range s.Env() {
		if name, value, _ := strings.Cut(v, "="); os.Getenv(name) != value {
			t.Errorf("%s is not set", v)
		}
	}
}

func TestAStaleStatusNamesNoSandbox(t *testing.T) {
	h := alone(t)
	other := process.Self() // this process is no sandbox: as if the number were given again
	other.Start = "1"
	elsewhere := process.Self()
	elsewhere.Boot = "another machine with the same home"
	cases := map[string]func() error{
		"garbage": func() error { return os.WriteFile(h.path(statusFile), []byte("{"), 0o600) },
		"another process": func() error {
			return h.record(Status{URL: "http://127.0.0.1:1", PID: other.PID, Process: other})
		},
		"another machine": func() error {
			return h.record(Status{URL: "http://127.0.0.1:1", PID: elsewhere.PID, Process: elsewhere})
		},
	}
	for name, write := range cases {
		t.Run(name, func(t *testing.T) {
			if err := write(); err != nil {
				t.Fatal(err)
			}
			if s, found, err := Find(t.Context()); err != nil || found {
				t.Errorf("found %v, %v", s, err)
			}
			if s := up(t, Options{Listen: "127.0.0.1:0"}); !answers(t.Context(), s.URL) {
				t.Error("the new one does not answer")
			}
			if _, ended, err := Down(t.Context()); err != nil || !ended {
				t.Errorf("Down: %v, %v", ended, err)
			}
		})
	}
}

func TestAddresses(t *testing.T) {
	alone(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for listen, want := range map[string]string{
		taken.Addr().String(): "--listen 127.0.0.1:0",
		"127.0.0.1":           "such as --listen " + DefaultListen,
		"127.0.0.1:http":      "the port is no number",
		"127.0.0.1:70000":     "the port is no number",
		"192.0.2.1:4599":      "End what uses that address, or choose another one",
	} {
		_, err := Up(t.Context(), Options{Listen: listen})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), listen) {
			t.Errorf("%s: %v", listen, err)
		}
	}
	s := up(t, Options{Listen: ":0"})
	if !strings.HasPrefix(s.URL, "http://127.0.0.1:") {
		t.Errorf("reached at %s", s.URL)
	}
	_, err = Up(t.Context(), Options{Listen: "127.0.0.1:1"})
	if err == nil || !strings.Contains(err.Error(), "keyedin sandbox down") {
		t.Errorf("another address than the running one's: %v", err)
	}
	if same := up(t, Options{Listen: strings.TrimPrefix(s.URL, "http://")}); same.PID != s.PID {
		t.Error("the same address is another sandbox")
	}
}

func TestTheProgramIsWholeInTheBinary(t *testing.T) {
	p, err := readProgram()
	if err != nil {
		t.Fatal(err)
	}
	err = fs.WalkDir(os.DirFS("moto"), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "tests" || entry.Name() == "__pycache__") {
			return fs.SkipDir
		}
		if _, found := p.files[name]; !found && strings.HasSuffix(name, ".py") {
			t.Errorf("moto/%s is not embedded", name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := needed(p.requirements()); len(got) != 2 {
		t.Errorf("of the requirements are needed: %v", got)
	}
}

func TestADamagedProgramIsWrittenAgain(t *testing.T) {
	h := alone(t)
	p, err := readProgram()
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		dir, err := h.unpack(p)
		if err != nil {
			t.Fatal(err)
		}
		if !p.isIn(dir) {
			t.Fatal("the program is not whole")
		}
		if err := os.Remove(filepath.Join(dir, "__main__.py")); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheLockIsWaitedForAndTheWaitCanBeEnded(t *testing.T) {
	h := alone(t)
	lock, err := h.lock(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	said := &tail{}
	if _, err := Up(ctx, Options{Log: said}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if !strings.Contains(said.last(1), "Waiting for another keyedin") {
		t.Errorf("it said %q", said.last(9))
	}
	lock.Close()
}
