package proxy

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// AccountHeader names the account that moto serves a request in, whatever its access key says.
const AccountHeader = "X-Moto-Account-Id"

// Proxy is an http.Handler in front of one moto server. All methods may be called while it serves.
type Proxy struct {
	target  *url.URL
	account string
	client  *http.Transport

	mu      sync.Mutex
	latency time.Duration
	rules   []*Rule
	cut     *Cut
	dark    bool
	forget  bool
	seq     int
	changes int
	record  map[int]*Call
}

// New makes a proxy to target. All its calls act in account, or in the one their access key belongs to if it is "".
func New(target *url.URL, account string) *Proxy {
	return &Proxy{
		target:  target,
		account: account,
		client:  &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true},
		record:  map[int]*Call{},
	}
}

// Close ends idle connections to moto.
func (p *Proxy) Close() { p.client.CloseIdleConnections() }

// SetLatency adds d to each call from now on.
func (p *Proxy) SetLatency(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.latency = d
}

// Forgetful keeps no record from now on: what runs for days would fill the memory with it.
func (p *Proxy) Forgetful() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forget, p.record = true, map[int]*Call{}
}

// Clear forgets all calls and starts to count at 1 again; rules and latency stay, a power cut is lifted.
func (p *Proxy) Clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seq, p.changes, p.record = 0, 0, map[int]*Call{}
	p.cut, p.dark = nil, false
}

// Record lists the calls that have ended, in the order in which they arrived.
func (p *Proxy) Record() Record {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out Record
	for _, seq := range slices.Sorted(maps.Keys(p.record)) {
		if call := p.record[seq]; !call.End.IsZero() {
			out = append(out, *call)
		}
	}
	return out
}

// ServeHTTP answers one AWS call. Paths below /moto-api/ are passed on and neither recorded nor disturbed.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, "the request body ended early", http.StatusBadRequest)
		return
	}
	if isControl(r) {
		answer, err := p.forward(r.Context(), r, body)
		respond(w, answer, err)
		return
	}
	call, fault, latency := p.arrive(r, body)
	wait(r.Context(), latency+fault.delay)
	if fault.before() || p.isDark() {
		p.end(call, 0, nil)
		panic(http.ErrAbortHandler)
	}
	if fault.answer != nil {
		p.end(call, fault.answer.status, nil)
		respond(w, fault.answer, nil)
		return
	}
	// The client may be gone by now, but what it sent has reached AWS.
	answer, err := p.forward(context.WithoutCancel(r.Context()), r, body)
	if err != nil {
		p.end(call, http.StatusBadGateway, nil)
		respond(w, nil, err)
		return
	}
	if fault.after() || p.isDark() {
		p.end(call, 0, answer.body)
		panic(http.ErrAbortHandler)
	}
	p.end(call, answer.status, answer.body)
	respond(w, answer, nil)
}

func isControl(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/moto-api") }

// arrive gives the call its numbers and decides, once and for all, what will happen to it.
func (p *Proxy) arrive(r *http.Request, body []byte) (*Call, *fault, time.Duration) {
	op := Identify(r, body)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seq++
	call := &Call{Operation: op, Seq: p.seq, Start: time.Now(), Request: body, Header: r.Header.Clone(), Query: r.URL.RawQuery}
	if op.Mutating() {
		p.changes++
		call.Change = p.changes
	}
	p.record[call.Seq] = call
	if p.dark {
		return call, &fault{refuse: true}, 0
	}
	f := p.fault(r, call)
	if p.cut != nil && p.cut.hits(call) {
		f.cut, p.dark = p.cut, !p.cut.After
		f.call = *call
	}
	return call, f, p.latency
}

func (p *Proxy) end(call *Call, status int, answer []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	call.End, call.Status, call.Answer = time.Now(), status, answer
	if p.forget {
		delete(p.record, call.Seq)
	}
}

func (p *Proxy) isDark() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dark
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

func (p *Proxy) forward(ctx context.Context, r *http.Request, body []byte) (*answer, error) {
	out := r.Clone(ctx)
	out.URL.Scheme, out.URL.Host = p.target.Scheme, p.target.Host
	out.RequestURI = ""
	out.Body, out.ContentLength, out.TransferEncoding = io.NopCloser(bytes.NewReader(body)), int64(len(body)), nil
	out.Header.Del("Expect")
	out.Header.Del("Connection")
	if p.account != "" {
		out.Header.Set(AccountHeader, p.account)
	}
	response, err := p.client.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	return &answer{response.StatusCode, response.Header, got}, nil
}

func respond(w http.ResponseWriter, a *answer, err error) {
	if err != nil {
		http.Error(w, "the sandbox does not answer: "+err.Error(), http.StatusBadGateway)
		return
	}
	for name, values := range a.header {
		if name != "Connection" && name != "Transfer-Encoding" {
			w.Header()[name] = values
		}
	}
	w.WriteHeader(a.status)
	w.Write(a.body) //nolint:errcheck // the client has gone: nobody is left to tell
}

// wait ends early when the client goes away.
func wait(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
