package proxy

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// stage is a proxy before a server that counts what reaches it.
type stage struct {
	*Proxy
	url     string
	reached atomic.Int64
	header  atomic.Pointer[http.Header]
	body    atomic.Pointer[string]
}

func raise(t *testing.T) *stage {
	t.Helper()
	s := &stage{}
	back := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		text := string(body)
		s.reached.Add(1)
		s.header.Store(&r.Header)
		s.body.Store(&text)
		w.Header().Set("X-Answer", "yes")
		w.WriteHeader(http.StatusCreated)
		io.WriteString(w, "done")
	}))
	t.Cleanup(back.Close)
	target, err := url.Parse(back.URL)
	if err != nil {
		t.Fatal(err)
	}
	s.Proxy = New(target, "111122223333")
	front := httptest.NewServer(s.Proxy)
	t.Cleanup(func() { front.Close(); s.Close() })
	s.url = front.URL
	return s
}

// call makes an EC2 call and returns the status and the body; status 0 is a connection that was closed.
func (s *stage) call(t *testing.T, action string) (int, string) {
	t.Helper()
	return s.send(t, form("ec2", "Action="+action))
}

func (s *stage) send(t *testing.T, r *http.Request) (int, string) {
	t.Helper()
	u, err := url.Parse(s.url + r.URL.RequestURI())
	if err != nil {
		t.Fatal(err)
	}
	r.URL, r.RequestURI, r.Host = u, "", ""
	response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r) // which retries nothing
	if err != nil {
		return 0, ""
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func TestACallPassesAsItIs(t *testing.T) {
	t.Parallel()
	s := raise(t)
	if status, body := s.call(t, "CreateVpc"); status != http.StatusCreated || body != "done" {
		t.Errorf("got %d %q", status, body)
	}
	if got := *s.body.Load(); got != "Action=CreateVpc" {
		t.Errorf("the body became %q", got)
	}
	if got := s.header.Load().Get(AccountHeader); got != "111122223333" {
		t.Errorf("the account is %q", got)
	}
	s.call(t, "DescribeVpcs")
	s.send(t, httptest.NewRequest(http.MethodGet, endpoint+"/moto-api/data.json", nil))
	record := s.Record()
	if d := cmp.Diff(map[string]int{"ec2:CreateVpc": 1, "ec2:DescribeVpcs": 1}, record.Count()); d != "" {
		t.Error(d)
	}
	first, second := record[0], record[1]
	if first.Seq != 1 || first.Change != 1 || first.Status != 201 || string(first.Answer) != "done" || second.Change != 0 {
		t.Errorf("recorded %+v, %+v", first, second)
	}
	if n := len(record.Mutating()); n != 1 {
		t.Errorf("%d of the calls change something", n)
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		rules   []Rule
		want    []int // status of four CreateVpc
		reached int64
	}{
		"none":           {nil, []int{201, 201, 201, 201}, 4},
		"another's":      {[]Rule{{Operation: "rds:*", Error: Throttled()}}, []int{201, 201, 201, 201}, 4},
		"always":         {[]Rule{{Operation: "ec2:Create*", Error: Throttled()}}, []int{503, 503, 503, 503}, 0},
		"once, later":    {[]Rule{{Error: Denied("arn", "ec2:CreateVpc"), Skip: 1, Times: 1}}, []int{201, 403, 201, 201}, 3},
		"lost":           {[]Rule{{Lost: true, Times: 1}}, []int{0, 201, 201, 201}, 4},
		"dropped":        {[]Rule{{Drop: true, Times: 1}}, []int{0, 201, 201, 201}, 3},
		"the first wins": {[]Rule{{Error: Expired(), Times: 1}, {Error: Throttled(), Times: 1}}, []int{400, 503, 201, 201}, 2},
		"on a condition": {[]Rule{{Match: func(c Call) bool { return c.Seq%2 == 0 }, Drop: true}}, []int{201, 0, 201, 0}, 2},
		"of one's own":   {[]Rule{{Error: &Error{Code: "VpcLimitExceeded", Message: "no", Status: 400}, Times: 3}}, []int{400, 400, 400, 201}, 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := raise(t)
			for _, rule := range c.rules {
				s.Add(rule)
			}
			var got []int
			for range 4 {
				status, _ := s.call(t, "CreateVpc")
				got = append(got, status)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
			if n := s.reached.Load(); n != c.reached {
				t.Errorf("%d calls reached AWS, want %d", n, c.reached)
			}
			s.Calm()
			if status, _ := s.call(t, "CreateVpc"); status != 201 {
				t.Errorf("after Calm: %d", status)
			}
		})
	}
}

func TestARateIsASeededShare(t *testing.T) {
	t.Parallel()
	hits := func() (n int) {
		s := raise(t)
		s.Add(Rule{Rate: 0.3, Seed: 7, Drop: true})
		for range 50 {
			if status, _ := s.call(t, "CreateVpc"); status == 0 {
				n++
			}
		}
		return n
	}
	first := hits()
	if first < 5 || first > 25 {
		t.Errorf("%d of 50 calls are hit at a rate of 0.3", first)
	}
	if second := hits(); second != first {
		t.Errorf("the same seed hits %d, then %d", first, second)
	}
}

func TestRefusalsSpeakTheCallersProtocol(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		r      *http.Request
		status int
		words  string
	}{
		"ec2":   {form("ec2", "Action=CreateVpc"), 503, "<Response><Errors><Error><Code>RequestLimitExceeded</Code>"},
		"query": {form("rds", "Action=CreateDBCluster"), 400, "<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code>"},
		"json":  {request("POST", endpoint+"/", "logs", "{}", "X-Amz-Target", "Logs_20140328.CreateLogGroup"), 400, `"__type":"ThrottlingException"`},
		"s3":    {s3("PUT", "/keyedin-public"), 503, "<Error><Code>SlowDown</Code>"},
		"xml":   {request("POST", endpoint+"/2013-04-01/hostedzone", "route53", ""), 400, "<Code>Throttling</Code>"},
		"cbor": {request("POST", endpoint+"/service/GraniteServiceVersion20100801/operation/PutMetricAlarm", "monitoring", "\xa0",
			"Smithy-Protocol", "rpc-v2-cbor"), 400, "ThrottlingException"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := raise(t)
			s.Add(Rule{Error: Throttled()})
			status, body := s.send(t, c.r)
			if status != c.status || !strings.Contains(body, c.words) {
				t.Errorf("got %d %q", status, body)
			}
		})
	}
}

func TestAPowerCutEndsAllTalk(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		s := raise(t)
		var killed []string
		s.CutPower(Cut{At: 2, After: after, Hook: func(c Call) { killed = append(killed, c.String()) }})
		var got []int
		for _, action := range []string{"CreateVpc", "DescribeVpcs", "CreateSubnet", "DescribeVpcs", "CreateVpc"} {
			status, _ := s.call(t, action)
			got = append(got, status)
		}
		if d := cmp.Diff([]int{201, 201, 0, 0, 0}, got); d != "" {
			t.Errorf("after %v: %s", after, d)
		}
		if d := cmp.Diff([]string{"ec2:CreateSubnet"}, killed); d != "" {
			t.Errorf("after %v: %s", after, d)
		}
		want := int64(2)
		if after {
			want = 3
		}
		if n := s.reached.Load(); n != want {
			t.Errorf("after %v: %d calls reached AWS, want %d", after, n, want)
		}
		if !s.IsCut() {
			t.Error("the cut is not known")
		}
		s.Clear()
		if status, _ := s.call(t, "CreateVpc"); status != 201 || s.IsCut() || len(s.Record()) != 1 {
			t.Errorf("after Clear: %d, cut %v, %d calls", status, s.IsCut(), len(s.Record()))
		}
	}
}

func TestACutCountsOnlyWhatItIsToldTo(t *testing.T) {
	t.Parallel()
	s := raise(t)
	s.CutPower(Cut{At: 1, Only: func(c Call) bool { return c.Name == "CreateSubnet" }})
	if status, _ := s.call(t, "CreateVpc"); status != 201 {
		t.Errorf("another call: %d", status)
	}
	if status, _ := s.call(t, "CreateSubnet"); status != 0 {
		t.Errorf("the call: %d", status)
	}
}

func TestLatencyAndDelayAddUp(t *testing.T) {
	t.Parallel()
	s := raise(t)
	s.SetLatency(30 * time.Millisecond)
	s.Add(Rule{Delay: 30 * time.Millisecond})
	s.call(t, "CreateVpc")
	if took := s.Record()[0].Duration(); took < 60*time.Millisecond {
		t.Errorf("it took %v", took)
	}
}

func TestDepthIsTheLongestChainOfWaits(t *testing.T) {
	t.Parallel()
	at := func(start, end int) Call {
		zero := time.Unix(0, 0)
		return Call{Start: zero.Add(time.Duration(start) * time.Second), End: zero.Add(time.Duration(end) * time.Second)}
	}
	for _, c := range []struct {
		name  string
		calls Record
		depth int
		wall  time.Duration
	}{
		{"none", nil, 0, 0},
		{"all at once", Record{at(0, 9), at(0, 8), at(1, 7)}, 1, 9 * time.Second},
		{"one after the other", Record{at(0, 1), at(1, 2), at(3, 4)}, 3, 4 * time.Second},
		{"a long one beside short ones", Record{at(0, 9), at(0, 1), at(1, 2), at(2, 3)}, 3, 9 * time.Second},
		{"a fan", Record{at(0, 1), at(1, 4), at(1, 3), at(3, 5), at(4, 6)}, 3, 6 * time.Second},
	} {
		if got := c.calls.Depth(); got != c.depth {
			t.Errorf("%s: depth %d, want %d", c.name, got, c.depth)
		}
		if got := c.calls.Wall(); got != c.wall {
			t.Errorf("%s: wall %v, want %v", c.name, got, c.wall)
		}
	}
}
