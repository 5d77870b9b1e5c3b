package messages

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

const secret = "T0KEN-canary"

// Whatever is in an event, a subject is one that SNS takes, and a text is one
// line that links to nothing and calls nobody.
func TestTexts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ev := Event{
			Project: rapid.StringMatching(`[a-z]{1,63}`).Draw(t, "project"), Environment: rapid.StringMatching(`[a-z]{1,32}`).Draw(t, "environment"),
			Command: "deploy " + rapid.StringMatching(`[A-Za-z0-9._-]{1,63}`).Draw(t, "version"), Outcome: "done",
			Who: rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"@everyone", "<!channel>", "https://evil.example", "a\nb", "\x1b[31m"})).Draw(t, "who"), Took: time.Minute,
		}
		subject, text := ev.Subject(), chat(ev.Text())
		if len(subject) > 100 || !utf8.ValidString(text) || strings.ContainsFunc(subject, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Fatalf("the subject is %q", subject)
		}
		if strings.ContainsAny(text, "\n\r\x1b<>") || strings.Contains(text, "://") || strings.Contains(text, "@everyone") {
			t.Fatalf("the text is %q", text)
		}
	})
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, good := range []string{
		"https://hooks.slack.com/services/T0/B0/" + secret, "https://discord.com/api/webhooks/1/x/slack",
		"https://chat.example.com:8443/hooks/x", "http://127.0.0.1:80/x", "http://[::1]/x", "http://localhost/x",
	} {
		if err := Check(good); err != nil {
			t.Errorf("Check(%s) = %v", good, err)
		}
	}
	for _, bad := range []string{
		"", secret, "hooks.slack.com/" + secret, "http://chat.example.com/" + secret, "https:///" + secret, "ftp://x/" + secret,
		"https://user:" + secret + "@example.com/", "https://x/" + secret + " y", "https://x/{{" + secret + "}}", "https://x/" + secret + strings.Repeat("y", 5000),
		"https://x/%zz" + secret, "javascript:" + secret, "http://127.0.0.1.example.com/" + secret,
	} {
		if err := Check(bad); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("Check(%s) = %v", bad, err)
		}
	}
}

// A webhook gets JSON that Slack, Mattermost and Discord take.
func TestSend(t *testing.T) {
	t.Parallel()
	var got struct{ Text string }
	var kind string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_ = json.Unmarshal(body, &got)
		kind = r.Method + " " + r.Header.Get("Content-Type") + " " + r.URL.Path
	}))
	defer server.Close()
	if err := Send(t.Context(), Client(), server.URL+"/hook", "a <b> & c@d"); err != nil {
		t.Fatal(err)
	}
	if got.Text != "a &lt;b&gt; &amp; c@\u200bd" || kind != "POST application/json /hook" {
		t.Errorf("the webhook got %q by %s", got.Text, kind)
	}
}

// What goes wrong is said in a few words, without the address. A redirect is
// followed nowhere.
func TestSendFails(t *testing.T) {
	t.Parallel()
	var elsewhere int
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	defer other.Close()
	hang := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch strings.Split(r.URL.Path, "/")[1] {
		case "moved":
			http.Redirect(w, r, other.URL+"/"+secret, http.StatusTemporaryRedirect)
		case "found":
			http.Redirect(w, r, "/"+secret, http.StatusFound)
		case "hang":
			<-hang
		case "cut":
			if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
				_, _ = conn.Write([]byte("nonsense " + r.URL.Path + "\r\n\r\n"))
				_ = conn.Close()
			}
		default:
			http.Error(w, "no "+r.URL.Path, http.StatusInternalServerError)
		}
	}))
	defer server.Close()
	defer close(hang)
	closed := httptest.NewServer(nil)
	closed.Close()
	short, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	for address, c := range map[string]struct {
		ctx  context.Context
		says string
	}{
		server.URL + "/moved/":  {t.Context(), "moved elsewhere (307)"},
		server.URL + "/found/":  {t.Context(), "moved elsewhere (302)"},
		server.URL + "/broken/": {t.Context(), "answered 500"},
		server.URL + "/hang/":   {short, "did not answer"},
		server.URL + "/cut/":    {t.Context(), "broke the call off"},
		closed.URL + "/":        {t.Context(), "cannot be reached"},
		strings.Replace(server.URL, "http", "https", 1) + "/": {t.Context(), "broke the call off"},
		"https://name.invalid/":                               {t.Context(), "not known to the DNS"},
	} {
		err := Send(c.ctx, Client(), address+secret, "text")
		refused, ok := errors.AsType[*NotTold](err)
		if !ok || !strings.Contains(refused.Why, c.says) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v, want %q", address, err, c.says)
		}
	}
	if elsewhere > 0 {
		t.Errorf("another host was given %d messages", elsewhere)
	}
}
