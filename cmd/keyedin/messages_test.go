package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox/proxy"
)

// chat is a webhook that keeps what it is told.
type chat struct {
	*httptest.Server
	mu    sync.Mutex
	texts []string
}

// newChat answers as its path says: /broken with 500, /elsewhere by sending on,
// /hang never.
func newChat(t *testing.T) *chat {
	t.Helper()
	c, end := &chat{}, make(chan struct{})
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var message struct{ Text string }
		body, _ := io.ReadAll(r.Body)
		_ = json.Unmarshal(body, &message)
		switch {
		case strings.HasPrefix(r.URL.Path, "/broken"):
			http.Error(w, r.URL.Path, http.StatusInternalServerError)
		case strings.HasPrefix(r.URL.Path, "/elsewhere"):
			http.Redirect(w, r, "/well", http.StatusTemporaryRedirect)
		case strings.HasPrefix(r.URL.Path, "/hang"):
			<-end
		default:
			c.mu.Lock()
			c.texts = append(c.texts, message.Text)
			c.mu.Unlock()
		}
	}))
	t.Cleanup(c.Close)
	t.Cleanup(func() { close(end) })
	return c
}

// heard are the messages since the last look.
func (c *chat) heard() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	texts := c.texts
	c.texts = nil
	return texts
}

// tells has the config send messages about all there is.
func tells(text string) string {
	return strings.Replace(text, "messages: []", "messages: [apply, deploy]", 1)
}

// set keeps the address of a webhook, which is given on standard input.
func (p *place) set(name, address string) result {
	p.t.Helper()
	c := p.command("messages", "set", name)
	c.Stdin = strings.NewReader(address + "\n")
	return p.finish(c)
}

// published are the messages to the alerts' topic.
func (p *place) published() []url.Values {
	var all []url.Values
	for _, c := range p.Record().Where(func(c proxy.Call) bool { return c.Service == "sns" && c.Name == "Publish" }) {
		form, err := url.ParseQuery(string(c.Request))
		if err == nil && c.Status == http.StatusOK {
			all = append(all, form)
		}
	}
	return all
}

// Applies and destroys tell how they ended, and no more than that.
func TestMessages(t *testing.T) {
	t.Parallel()
	p := applied(t, tells)
	c := newChat(t)
	p.set("team", c.URL+"/well/"+canary).says(t, 0, "told of: apply, deploy")
	p.must("messages", "test")
	if heard := c.heard(); len(heard) != 1 || !strings.Contains(heard[0], "keyedin production: messages test done, by ") {
		t.Errorf("the test said %q", heard)
	}
	p.must("apply", "--yes")
	if heard := c.heard(); len(heard) > 0 {
		t.Errorf("an apply of nothing said %q", heard)
	}
	p.edit(daysOfBackup("9"))
	p.Clear()
	p.must("apply", "--yes")
	heard, mails := c.heard(), p.published()
	if len(heard) != 1 || !strings.Contains(heard[0], "keyedin production: apply done, by ") || !strings.Contains(heard[0], "0 created, 1 changed, 0 deleted.") {
		t.Errorf("an apply said %q", heard)
	}
	if len(mails) != 1 || mails[0].Get("Subject") != "keyedin production: apply done" || !strings.HasSuffix(mails[0].Get("TopicArn"), ":keyedin-production-alerts") {
		t.Errorf("by mail: %v", mails)
	}
	p.edit(func(config string) string { return strings.Replace(config, "backup-days: 9", "backup-days: 8", 1) })
	p.Add(proxy.Rule{Operation: "rds:ModifyDBCluster", Times: 1, Error: proxy.Denied("arn:aws:iam::123456789012:user/ops", "rds:ModifyDBCluster")})
	p.run("apply", "--yes").says(t, 1, "rds:ModifyDBCluster")
	if heard := c.heard(); len(heard) != 1 || !strings.Contains(heard[0], "apply failed, by ") || strings.Contains(heard[0], "arn:") {
		t.Errorf("a failed apply said %q", heard)
	}
	r := p.must("destroy", "--yes", "--environment", "production", "--lift-protection")
	if heard := c.heard(); len(heard) != 1 || !strings.Contains(heard[0], "destroy done, by ") || strings.Contains(r.err, "could be told") {
		t.Errorf("a destroy said %q; %s", heard, r.err)
	}
	p.Violations(t)
}

// What does not take a message is said in one line, and fails nothing.
func TestMessagesThatDoNotArrive(t *testing.T) {
	t.Parallel()
	p := applied(t, tells)
	c := newChat(t)
	gone := newChat(t)
	gone.Close()
	for name, address := range map[string]string{
		"a": c.URL + "/broken/", "b": c.URL + "/elsewhere/", "c": c.URL + "/hang/", "d": gone.URL + "/", "e": c.URL + "/well/",
	} {
		p.set(name, address+canary).says(t, 0)
	}
	p.Add(proxy.Rule{Operation: "sns:Publish", Error: proxy.Denied("arn:aws:iam::123456789012:user/ops", "sns:Publish")})
	p.edit(daysOfBackup("9"))
	r := p.must("apply", "--yes", "--json")
	p.object(r)
	var note string
	for line := range strings.Lines(r.err) {
		if strings.Contains(line, "could be told") {
			note += line
		}
	}
	for _, want := range []string{"a (127.0.0.1", "answered 500", "has moved elsewhere (307)", "did not answer within 5s", "cannot be reached", "alerts ("} {
		if !strings.Contains(note, want) {
			t.Errorf("%q is not in the note %q", want, note)
		}
	}
	if strings.Count(note, "\n") != 1 || strings.Contains(r.err, canary) || strings.Contains(r.out, canary) {
		t.Errorf("the note is %q", note)
	}
	if heard := c.heard(); len(heard) != 1 {
		t.Errorf("the one that listens heard %q", heard)
	}
	test := p.run("messages", "test", "--json")
	test.says(t, 1, "5 of 6 could not be told")
	if object := p.object(test); object["exit-code"] != float64(1) || len(object["sent"].([]any)) != 6 {
		t.Errorf("the answer is %s", test.out)
	}
}

// An address is shown and kept nowhere but in the Parameter Store, out of the
// application's own path.
func TestWebhookIsASecret(t *testing.T) {
	t.Parallel()
	p := applied(t, tells)
	c := newChat(t)
	said := map[string]string{}
	note := func(r result, args ...string) result {
		said["keyedin "+strings.Join(args, " ")] += r.out + r.err
		return r
	}
	note(p.set("team", c.URL+"/well/"+canary), "messages set")
	got, err := ssm.NewFromConfig(p.Config()).GetParameter(t.Context(), &ssm.GetParameterInput{
		Name: aws.String("/keyedin.messages/keyedin/production/team"), WithDecryption: aws.Bool(true),
	})
	if err != nil || got.Parameter.Type != "SecureString" || aws.ToString(got.Parameter.Value) != c.URL+"/well/"+canary {
		t.Fatalf("AWS has %+v, %v", got, err)
	}
	p.edit(daysOfBackup("9"))
	for _, args := range [][]string{
		{"messages", "list"}, {"messages", "list", "--json"}, {"messages", "test", "--json"}, {"plan", "-v"}, {"plan", "--json"}, {"plan", "--markdown"},
		{"apply", "--yes", "--json"}, {"env", "list"}, {"env", "pull"}, {"status", "-v"}, {"history", "--json"},
	} {
		note(p.run(args...), args...)
	}
	if list := said["keyedin messages list"]; !strings.Contains(list, "team") || !strings.Contains(list, "127.0.0.1") {
		t.Errorf("the list is %s", list)
	}
	complete := note(p.run("__complete", "messages", "test", ""), "completion")
	if !strings.HasPrefix(complete.out, "team\n") {
		t.Errorf("the names are completed as %q", complete.out)
	}
	for key, versions := range p.bucketTexts() {
		said[key] = strings.Join(versions, "")
	}
	if err := filepath.WalkDir(p.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		said[path] = string(raw)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for where, text := range said {
		if strings.Contains(text, canary) {
			t.Errorf("the address is in %s:\n%s", where, text)
		}
	}
	p.run("messages", "unset", "team").says(t, 1, "--yes")
	p.must("messages", "unset", "team", "--yes")
	p.run("messages", "test", "team").says(t, 1, "no webhook team")
	p.Violations(t)
}

// Wrong input is refused without an echo, and nothing is changed.
func TestMessagesRefuse(t *testing.T) {
	t.Parallel()
	p := arrive(t)
	p.run("messages", "list").says(t, 1, "keyedin apply")
	p = applied(t)
	for _, c := range []struct {
		input string
		args  []string
		says  string
	}{
		{"", []string{"set", "team", "https://hooks.slack.com/" + canary}, "history"},
		{"", []string{"set", "https://hooks.slack.com/" + canary}, "history"},
		{"", []string{"set", canary + "/"}, "no name for a webhook"},
		{"", []string{"set"}, "messages set NAME"},
		{"", []string{"set", "team"}, "empty"},
		{"http://hooks.slack.com/" + canary, []string{"set", "team"}, "https://"},
		{"hooks.slack.com/" + canary, []string{"set", "team"}, "of the form"},
		{"", []string{"unset", "team", "--yes"}, "no webhook team"},
		{"", []string{"test", "team"}, "messages list"},
		{"", []string{"list", "team"}, "1 arguments"},
	} {
		command := p.command(append([]string{"messages"}, c.args...)...)
		command.Stdin = strings.NewReader(c.input)
		r := p.finish(command)
		r.says(t, 1, c.says)
		if strings.Contains(r.out+r.err, canary) {
			t.Errorf("%v shows what was typed: %s", c.args, r.err)
		}
	}
	p.must("messages", "list").says(t, 0, "Nothing is sent to them yet")
	if out := p.must("messages", "list", "--json").out; !strings.Contains(out, `"webhooks": []`) {
		t.Errorf("the list is %s", out)
	}
	p.Violations(t)
}
