// Package bench gives a test its own AWS account on a local moto, behind a proxy that records each call and can disturb
// it. Each account is a fork of one moto process that a test binary starts, so tests may run in parallel, and an account
// can be forked with all that is in it at any moment.
//
// It knows moto, the proxy and an independent reader of the account (world.py). It does not know the engine, drivers or
// the architecture: everything it says about an account is seen with boto3, not with the code under test.
package bench

import (
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox/proxy"
)

// Region is where tests work.
const Region = "us-east-1"

// Bench is one empty AWS account with a proxy before it.
type Bench struct {
	*proxy.Proxy
	URL     string // of the proxy: the endpoint of all services
	Account string // twelve digits
	Moto    string // URL of moto itself, behind the proxy's back; calls to it act in another account

	t      testing.TB
	server *server
}

var accounts atomic.Uint64

// Start makes an account for t, in a moto of its own, and ends it when t ends.
func Start(t testing.TB) *Bench {
	t.Helper()
	server, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return open(t, server, newAccount(t.Name()))
}

// Fork is a copy of the account as it is now, for t: the same number and the same objects, and from here on its own
// fate. It has none of the proxy's rules, but is as stern.
func (b *Bench) Fork(t testing.TB) *Bench {
	t.Helper()
	return open(t, b.server, b.Account)
}

// open makes an account in a fork of a moto.
func open(t testing.TB, from *server, account string) *Bench {
	t.Helper()
	own, err := from.fork()
	if err != nil {
		t.Fatal(err)
	}
	b := &Bench{Proxy: proxy.New(own.url, account), Account: account, Moto: own.url.String(), t: t, server: own}
	front := httptest.NewServer(b.Proxy)
	b.URL = front.URL
	t.Cleanup(func() {
		front.CloseClientConnections()
		front.Close()
		b.Proxy.Close()
		if t.Failed() {
			t.Logf("the last words of moto:\n%s", own.logs)
		}
		own.end()
	})
	return b
}

// Crowd puts n objects of other people into the account, of many kinds, with names and tags much like those of keyedin.
func (b *Bench) Crowd(n int) {
	b.t.Helper()
	response, err := http.Get(fmt.Sprintf("%s/moto-api/bench/crowd?account=%s&count=%d", b.Moto, b.Account, n))
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		b.t.Fatalf("the account could not be crowded: %s\n%s", response.Status, b.server.logs)
	}
}

// Inside runs a Python program within moto, for what AWS does by itself and no call can do: backend(service) gives it the
// account's models. It returns what the program says with say(...).
func (b *Bench) Inside(program string) string {
	b.t.Helper()
	response, err := http.Post(b.Moto+"/moto-api/bench/inside?account="+b.Account, "text/x-python", strings.NewReader(program))
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	said, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		b.t.Fatalf("%s\nit cannot be run in moto: %s\n%s", program, response.Status, said)
	}
	return string(said)
}

// newAccount never gives the same number twice in one process; the name makes it a different one for each test.
func newAccount(name string) string {
	h := fnv.New32a()
	h.Write([]byte(name))
	return fmt.Sprintf("%06d%06d", 100000+h.Sum32()%800000, accounts.Add(1)%1000000)
}

// Env are the variables that send a child process to this account and nowhere else.
func (b *Bench) Env() []string {
	return []string{
		"AWS_ENDPOINT_URL=" + b.URL,
		"AWS_ACCESS_KEY_ID=" + b.accessKey(),
		"AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
		"AWS_SESSION_TOKEN=",
		"AWS_PROFILE=",
		"AWS_REGION=" + Region,
		"AWS_DEFAULT_REGION=" + Region,
		"AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE=/dev/null",
		"AWS_SHARED_CREDENTIALS_FILE=/dev/null",
		"NO_PROXY=127.0.0.1,localhost",
	}
}

// Config is the same for an SDK client in this process.
func (b *Bench) Config() aws.Config {
	return aws.Config{
		Region:       Region,
		BaseEndpoint: aws.String(b.URL),
		Credentials: credentials.NewStaticCredentialsProvider(
			b.accessKey(), "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""),
	}
}

// accessKey is this account's alone, so that violations can be told apart.
func (b *Bench) accessKey() string { return "AKIA" + b.Account + "TEST" }
