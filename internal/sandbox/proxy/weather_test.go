package proxy

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// calls makes n calls through a proxy in some weather and counts their fates.
func calls(t *testing.T, w Weather, n int) map[string]int {
	t.Helper()
	moto := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<ok/>") }))
	t.Cleanup(moto.Close)
	target, err := url.Parse(moto.URL)
	if err != nil {
		t.Fatal(err)
	}
	p := New(target, "")
	t.Cleanup(p.Close)
	p.Forecast(w)
	front := httptest.NewServer(p)
	t.Cleanup(front.Close)
	for range n {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, front.URL, strings.NewReader("Action=CreateVpc"))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0")
		if response, err := http.DefaultClient.Do(request); err == nil {
			response.Body.Close()
		}
	}
	fates := map[string]int{}
	for _, c := range p.Record() {
		fates[fmt.Sprintf("%s %d", c.Injected, c.Status)]++
	}
	return fates
}

func TestWeatherMeetsItsShares(t *testing.T) {
	t.Parallel()
	got := calls(t, Weather{Seed: 7, Throttled: 0.2, Failed: 0.1, Reset: 0.05, Lost: 0.05}, 1000)
	for fate, share := range map[string]float64{"throttled 503": 0.2, "failed 500": 0.1, "reset 0": 0.05, "lost 0": 0.05, " 200": 0.6} {
		if n := float64(got[fate]); n < 700*share || n > 1300*share {
			t.Errorf("%q: %v of 1000 calls, where %v are wanted; all: %v", fate, n, 1000*share, got)
		}
	}
}

func TestPublishedLimitsAreKept(t *testing.T) {
	t.Parallel()
	got := calls(t, Weather{Limits: Published}, 200)
	// A bucket of 50 and 5 a second more: the calls take a second or few.
	if passed := got[" 200"]; passed < 50 || passed > 80 || got["limit 503"] != 200-passed {
		t.Errorf("of 200 calls at once passed %d: %v", passed, got)
	}
}

// However calls come, no more pass in any time than the bucket holds and gains.
func TestABucketNeverGivesMore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(0, 0)
		limit := Limit{
			Operations: []string{"ec2:*"}, Size: float64(rapid.IntRange(1, 20).Draw(t, "size")),
			Refill: rapid.Float64Range(0.1, 20).Draw(t, "refill"),
		}
		rule := limit.rule(func() time.Time { return now })
		call := Call{Operation: Operation{Service: "ec2", Name: "CreateVpc", Class: Change}}
		passed := 0
		for _, pause := range rapid.SliceOfN(rapid.IntRange(0, 2000), 1, 200).Draw(t, "pauses in ms") {
			now = now.Add(time.Duration(pause) * time.Millisecond)
			if !rule.Match(call) {
				passed++
			}
		}
		if most := limit.Size + limit.Refill*now.Sub(time.Unix(0, 0)).Seconds(); float64(passed) > most+0.001 {
			t.Fatalf("%d passed, where %v may", passed, most)
		}
		if rule.Match(Call{Operation: Operation{Service: "iam", Name: "CreateRole"}}) {
			t.Fatal("it holds back what it does not cover")
		}
	})
}

func TestEachLimitNamesItsSource(t *testing.T) {
	t.Parallel()
	for _, l := range Published {
		if l.Source == "" || l.Size < 1 || l.Refill <= 0 {
			t.Errorf("%+v", l)
		}
	}
}
