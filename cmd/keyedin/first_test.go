package main

import (
	"strings"
	"testing"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox/proxy"
)

// The first output is there before AWS has answered anything, however slow it
// is; and where AWS keeps silent that is said again and again.
func TestFirstOutput(t *testing.T) {
	t.Parallel()
	p := arrive(t)
	p.makeBucket()
	p.SetLatency(2 * patience)
	for _, command := range [][]string{{"plan"}, {"apply", "--yes"}, {"status"}, {"history"}, {"unlock"}, {"destroy", "--lift-protection"}} {
		start := time.Now()
		r := p.start(command...)
		for r.err.String()+r.out.String() == "" && time.Since(start) < patience {
			time.Sleep(time.Millisecond)
		}
		if r.err.String()+r.out.String() == "" {
			t.Errorf("%v says nothing while AWS has not answered", command)
		}
		t.Logf("%v spoke after %v", command, time.Since(start))
		r.signal(interruptSignal)
		r.signal(interruptSignal)
		r.end()
	}
}

// An endpoint that does not answer is waited for a while, visibly.
func TestSilentEndpoint(t *testing.T) {
	t.Parallel()
	p := arrive(t)
	_, release := p.hold("sts:GetCallerIdentity")
	r := p.start("plan")
	for deadline := time.Now().Add(patience); !strings.Contains(r.err.String(), "still reading, 10 s"); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it does not say that it waits:\n%s", r.err)
		}
	}
	release()
	if got := r.end(); got.code != 0 {
		t.Errorf("ended with %d:\n%s", got.code, got.err)
	}
}

// Nobody at the other end: said with its address, in time.
func TestUnreachableEndpoint(t *testing.T) {
	t.Parallel()
	p := arrive(t)
	p.Add(proxy.Rule{Name: "dropped", Drop: true})
	for _, command := range [][]string{{"plan"}, {"apply", "--yes"}} {
		r := p.run(command...)
		r.says(t, 1, strings.TrimPrefix(p.URL, "http://")+" cannot be reached", "AWS_ENDPOINT_URL")
		if r.took > 90*time.Second {
			t.Errorf("%v gives up after %v", command, r.took)
		}
	}
	p.Calm()
	if w := p.World(t); len(w) > 0 {
		t.Errorf("something was made: %v", w.Names())
	}
}
