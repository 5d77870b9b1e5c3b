package s3_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/keyedin-app/keyedin-infra/internal/state"
	"github.com/keyedin-app/keyedin-infra/internal/state/s3"
)

const (
	bucket    = "keyedin-private"
	statePath = "/" + bucket + "/infrastructure/test.json"
	lockPath  = "/" + bucket + "/infrastructure/test.lock"
)

// cloud is S3 in this process. It adds to gofakes3 what S3 does and it does not: conditional deletes, and 404 for
// a conditional write over nothing.
type cloud struct {
	mu      sync.Mutex
	handler http.Handler
	log     []string // "PUT lock", …
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket(bucket); err != nil {
		t.Fatal(err)
	}
	return &cloud{handler: gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server()}
}

func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.log = append(c.log, name(r))
	if match := r.Header.Get("If-Match"); match != "" {
		head := httptest.NewRecorder()
		c.handler.ServeHTTP(head, httptest.NewRequest(http.MethodHead, r.URL.Path, nil))
		switch {
		case head.Code == http.StatusNotFound:
			refuse(w, http.StatusNotFound, "NoSuchKey")
			return
		case head.Header().Get("ETag") != match:
			refuse(w, http.StatusPreconditionFailed, "PreconditionFailed")
			return
		}
	}
	serve(c.handler, w, r)
}

// serve makes a client's request a server's.
func serve(handler http.Handler, w http.ResponseWriter, r *http.Request) {
	r = r.Clone(r.Context())
	if r.Body == nil {
		r.Body = http.NoBody
	}
	r.Header.Set("Content-Length", strconv.FormatInt(r.ContentLength, 10))
	handler.ServeHTTP(w, r)
}

// calls forgets the calls so far and returns them.
func (c *cloud) calls() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	log := c.log
	c.log = nil
	return log
}

func (c *cloud) stored(path string) []byte {
	answer := httptest.NewRecorder()
	c.handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
	if answer.Code != http.StatusOK {
		return nil
	}
	return answer.Body.Bytes()
}

func (c *cloud) plant(path string, body []byte) {
	method := http.MethodPut
	if body == nil {
		method = http.MethodDelete
	}
	serve(c.handler, httptest.NewRecorder(), httptest.NewRequest(method, path, strings.NewReader(string(body))))
}

// fault is what happens to one request.
type fault int

const (
	none fault = iota
	lostAnswer
	lostRequest
	denied
	conflict
	silence // no answer until the request is given up
)

// wire is one client's way to the cloud.
type wire struct {
	cloud *cloud
	mu    sync.Mutex
	fault func(call string, n int) fault // n counts the calls of this name from 1
	count map[string]int
}

func (w *wire) Do(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	call := name(r)
	w.count[call]++
	f := none
	if w.fault != nil {
		f = w.fault(call, w.count[call])
	}
	w.mu.Unlock()
	rec := httptest.NewRecorder()
	rec.Header().Set("Date", time.Now().UTC().Format(http.TimeFormat))
	switch f {
	case silence:
		<-r.Context().Done()
		return nil, r.Context().Err()
	case lostRequest:
		return nil, io.ErrUnexpectedEOF
	case denied:
		refuse(rec, http.StatusForbidden, "AccessDenied")
	case conflict:
		refuse(rec, http.StatusConflict, "ConditionalRequestConflict")
	default:
		w.cloud.ServeHTTP(rec, r)
	}
	if f == lostAnswer {
		return nil, io.ErrUnexpectedEOF
	}
	answer := rec.Result()
	answer.Request = r
	return answer, nil
}

// breaks injects from now on what f says.
func (w *wire) breaks(f func(call string, n int) fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fault, w.count = f, map[string]int{}
}

// always has every call of a name fail, once only the first.
func always(call string, f fault) func(string, int) fault {
	return func(c string, _ int) fault {
		if c == call {
			return f
		}
		return none
	}
}

func once(call string, f fault) func(string, int) fault {
	return func(c string, n int) fault {
		if c == call && n == 1 {
			return f
		}
		return none
	}
}

// client is one run's store; with attempts 1 every lost answer reaches the store.
func (c *cloud) client(attempts int, opt state.Options) (*state.Remote, *wire) {
	w := &wire{cloud: c, count: map[string]int{}}
	return s3.Open(sdk(w, "http://s3.example.com", attempts), bucket, "test",
		s3.Options{Account: "123456789012", State: opt}), w
}

func sdk(client awss3.HTTPClient, endpoint string, attempts int) *awss3.Client {
	return awss3.New(awss3.Options{
		Region: "us-east-1", BaseEndpoint: &endpoint, UsePathStyle: true, HTTPClient: client,
		RetryMaxAttempts: attempts, Credentials: credentials.NewStaticCredentialsProvider("id", "key", ""),
		DisableLogOutputChecksumValidationSkipped: true,
		RetryMode: aws.RetryModeStandard,
	})
}

func name(r *http.Request) string {
	kind := "other"
	if i := strings.LastIndexByte(r.URL.Path, '.'); i >= 0 {
		kind = map[string]string{"json": "state", "lock": "lock"}[r.URL.Path[i+1:]]
	}
	return r.Method + " " + kind
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>%s</Message></Error>", code, code)
}

func take(t *testing.T, store state.Store, who string) state.Held {
	t.Helper()
	held, err := store.Lock(t.Context(), state.Holder{Who: who, Command: "keyedin apply"})
	must(t, err)
	t.Cleanup(func() { _ = held.Release(context.WithoutCancel(t.Context())) })
	return held
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func refusedBy(err error) string {
	if locked, ok := errors.AsType[*state.LockedError](err); ok {
		return locked.Holder.Who
	}
	return ""
}
