package sandbox

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A stern sandbox answers at one address, and the server behind it is stern.
func TestASternForeground(t *testing.T) {
	alone(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ready, ended := make(chan Status, 1), make(chan error, 1)
	go func() {
		ended <- Foreground(ctx, Options{Listen: "127.0.0.1:0", Stern: true, Ready: func(s Status) { ready <- s }})
	}()
	var s Status
	select {
	case s = <-ready:
	case err := <-ended:
		t.Fatal(err)
	}
	if found, ok, err := Find(t.Context()); err != nil || !ok || !found.Stern {
		t.Errorf("Find: %+v, %v, %v", found, ok, err)
	}
	throttled := false
	for start := time.Now(); !throttled && time.Since(start) < time.Minute; {
		// More than 20 calls a second are beyond EC2's limit.
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL, strings.NewReader("Action=DescribeKeyPairs&Version=2016-11-15"))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0")
		if response, err := http.DefaultClient.Do(request); err == nil {
			throttled = response.StatusCode == http.StatusServiceUnavailable
			response.Body.Close()
		}
	}
	if !throttled {
		t.Error("calls at full speed are never throttled")
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("the wanted end is an error: %v", err)
	}
	if answers(t.Context(), s.URL) {
		t.Error("it answers after its end")
	}
}

func TestALenientSandboxIsNotPassedOffAsStern(t *testing.T) {
	if err := asStern(Status{URL: "http://127.0.0.1:4599"}, true); err == nil || !strings.Contains(err.Error(), "keyedin sandbox down") {
		t.Errorf("asStern: %v", err)
	}
	if err := asStern(Status{URL: "http://127.0.0.1:4599", Stern: true}, true); err != nil {
		t.Errorf("asStern of a stern one: %v", err)
	}
}
