package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
)

// resolver names the DNS server that keyedin asks when it runs in a test.
const resolver = "KEYEDIN_TEST_RESOLVER"

// useResolver leads DNS questions to the server of the test, if there is one.
func useResolver() {
	server := os.Getenv(resolver)
	if server == "" {
		return
	}
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", server)
	}}
}

// undelegated is a DNS server that knows no domain.
func undelegated(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		for {
			question := make([]byte, 1500)
			n, from, err := conn.ReadFrom(question)
			if err != nil {
				return // closed
			}
			_, _ = conn.WriteTo(noSuchName(question[:n]), from) // who asked has gone: nobody to tell
		}
	}()
	return conn.LocalAddr().String()
}

// noSuchName is the answer NXDOMAIN to a question (RFC 1035, section 4.1).
func noSuchName(question []byte) []byte {
	end := 12
	for end < len(question) && question[end] != 0 {
		end += 1 + int(question[end])
	}
	answer := bytes.Clone(question[:min(end+5, len(question))])
	answer[2], answer[3] = 0x81, 0x83 // response, recursion desired and available, name error
	copy(answer[6:12], make([]byte, 6))
	return answer
}

// certificate is the ARN of the only one there is.
func (p *place) certificate() string {
	p.t.Helper()
	out, err := acm.NewFromConfig(p.Config()).ListCertificates(p.t.Context(), &acm.ListCertificatesInput{})
	if err != nil || len(out.CertificateSummaryList) != 1 {
		p.t.Fatalf("certificates: %v, %v", out, err)
	}
	return aws.ToString(out.CertificateSummaryList[0].CertificateArn)
}

// pending has ACM answer as long as on is true as if it had not seen the
// records of any certificate since an hour.
func (p *place) pending(on *atomic.Bool) (endpoint string) {
	p.t.Helper()
	target, err := url.Parse(p.URL)
	if err != nil {
		p.t.Fatal(err)
	}
	created := regexp.MustCompile(`"CreatedAt": ?[0-9.]+`)
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ModifyResponse = func(r *http.Response) error {
		if !on.Load() || !strings.HasPrefix(r.Request.Header.Get("X-Amz-Target"), "CertificateManager.") {
			return nil
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		text := strings.NewReplacer(`"ISSUED"`, `"PENDING_VALIDATION"`, `"SUCCESS"`, `"PENDING_VALIDATION"`).Replace(string(body))
		text = created.ReplaceAllString(text, `"CreatedAt": 1700000000`)
		r.Body, r.ContentLength = io.NopCloser(bytes.NewBufferString(text)), int64(len(text))
		r.Header.Del("Content-Length")
		return nil
	}
	front := httptest.NewServer(proxy)
	p.t.Cleanup(front.Close)
	return front.URL
}

// Where the zone is not delegated yet, all that does not need the certificate
// is finished, the name servers to set are printed, and the next apply goes on
// with the same certificate.
func TestUndelegatedZone(t *testing.T) {
	t.Parallel()
	p := arrive(t)
	var on atomic.Bool
	on.Store(true)
	p.env = []string{"AWS_ENDPOINT_URL=" + p.pending(&on), resolver + "=" + undelegated(t)}
	r := p.run("apply", "--yes")
	r.says(t, 4, "certificate/main waits for a person", "Left undone: ")
	nameservers := regexp.MustCompile(`ns-\d+\.awsdns-\d+\.[a-z.]+`).FindAllString(r.out, -1)
	if len(nameservers) != 4 || !strings.Contains(r.out, "at the registrar of keyedin.app, set the name servers ") {
		t.Errorf("the answer names the name servers %v:\n%s", nameservers, r.out)
	}
	world := p.World(t).Kinds()
	if world["db-instance"] != 1 || world["auto-scaling-group"] != 1 {
		t.Errorf("what does not need the certificate is not there: %v", world)
	}
	status := p.run("status")
	status.prints(t, "waiting", "Not everything is ready.")
	if status.code != 0 || !strings.Contains(status.out, nameservers[0]) {
		t.Errorf("status does not show the name servers:\n%s", status.out)
	}
	p.run("history").prints(t, "waiting")
	before := p.certificate()

	on.Store(false)
	p.must("apply", "--yes")
	if after := p.certificate(); after != before {
		t.Errorf("another certificate was made: %s, %s", before, after)
	}
	p.env = nil
	p.settled()
}
