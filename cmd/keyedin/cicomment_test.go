package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// hub is GitHub as a workflow sees it: a stand-in for gh, which keeps the
// comments of one pull request in a file.
type hub struct {
	*place
	bin, temp string
}

// standIn answers what the workflow asks of gh; jq does the choosing, as in gh.
const standIn = `#!/bin/bash
set -eu
[ "$1" = api ]; shift
method=GET body='' query='' path=''
while [ $# -gt 0 ]; do
  case $1 in
  --silent | --paginate) shift ;;
  --method) method=$2; shift 2 ;;
  --jq) query=$2; shift 2 ;;
  --field) body=${2#body=@}; shift 2 ;;
  *) path=$1; shift ;;
  esac
done
case "$method $path" in
"GET repos/keyedin-app/shop/issues/7/comments") jq -r "$query" "$COMMENTS" ;;
"POST repos/keyedin-app/shop/issues/7/comments")
  jq --rawfile body "$body" '. + [{id: (100 + length), user: {type: "Bot"}, body: $body}]' "$COMMENTS" > "$COMMENTS.new" ;;
"PATCH repos/keyedin-app/shop/issues/comments/"*)
  jq --rawfile body "$body" --argjson id "${path##*/}" 'map(if .id == $id then .body = $body else . end)' "$COMMENTS" > "$COMMENTS.new" ;;
*) echo "no such call: $method $path" >&2; exit 1 ;;
esac
if [ "$method" != GET ]; then mv "$COMMENTS.new" "$COMMENTS"; fi
`

func newHub(p *place, comments string) *hub {
	p.t.Helper()
	h := &hub{p, p.t.TempDir(), p.t.TempDir()}
	path, err := executable()
	if err != nil {
		p.t.Fatal(err)
	}
	for _, err := range []error{
		os.Symlink(path, filepath.Join(h.bin, "keyedin")),
		os.WriteFile(filepath.Join(h.bin, "gh"), []byte(standIn), 0o700),
		os.WriteFile(filepath.Join(h.temp, "comments.json"), []byte(comments), 0o600),
	} {
		if err != nil {
			p.t.Fatal(err)
		}
	}
	return h
}

// step runs the shell part of a step as GitHub does.
func (h *hub) step(j job, name string) result {
	h.t.Helper()
	for _, s := range j.Steps {
		if s.Name == name {
			c := exec.Command("bash", "-e", "-c", s.Run)
			c.Dir = h.dir
			c.Env = append(append(os.Environ(), h.Env()...), "PATH="+h.bin+":"+os.Getenv("PATH"), "RUNNER_TEMP="+h.temp,
				"COMMENTS="+filepath.Join(h.temp, "comments.json"), "GITHUB_REPOSITORY=keyedin-app/shop", "NUMBER=7")
			return h.finish(c)
		}
	}
	h.t.Fatalf("the workflow has no step %s", name)
	return result{}
}

// bodies are the comments, in their order.
func (h *hub) bodies() []string {
	h.t.Helper()
	raw, err := os.ReadFile(filepath.Join(h.temp, "comments.json"))
	var comments []struct {
		Body string `json:"body"`
	}
	if err != nil || json.Unmarshal(raw, &comments) != nil {
		h.t.Fatalf("the comments are %s, %v", raw, err)
	}
	var all []string
	for _, c := range comments {
		all = append(all, c.Body)
	}
	return all
}

// The plan of a pull request is a comment, which the next plan changes; what
// others wrote is left alone, and a failure is said in it.
func TestPlanIsOneComment(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("jq"); err != nil {
		t.Skip("jq is not installed")
	}
	p := applied(t, repository)
	const mark = "<!-- keyedin plan: keyedin production -->\n"
	h := newHub(p, `[{"id":1,"user":{"type":"User"},"body":"<!-- keyedin plan: keyedin production -->\nnot mine"},{"id":2,"user":{"type":"Bot"},"body":"hello"}]`)
	plan := parsedWorkflow(t, p.must("ci", "github").out).Jobs["plan"]
	if err := os.RemoveAll(p.file("ssh")); err != nil { // a checkout does not have the bastion's key
		t.Fatal(err)
	}
	round := func(code int) string {
		t.Helper()
		if r := h.step(plan, "Plan"); r.code != code {
			t.Fatalf("the plan ended with %d: %s", r.code, r.err)
		}
		if r := h.step(plan, "Comment"); r.code != 0 {
			t.Fatalf("the comment could not be written: %s", r.err)
		}
		all := h.bodies()
		if len(all) != 3 || !strings.HasSuffix(all[0], "not mine") || all[1] != "hello" || !strings.HasPrefix(all[2], mark) {
			t.Fatalf("the comments are %q", all)
		}
		return all[2]
	}
	if text := round(0); !strings.Contains(text, "nothing to change") {
		t.Errorf("the comment is %s", text)
	}
	p.edit(daysOfBackup("9"))
	if text := round(0); !strings.Contains(text, "1 to change") || !strings.Contains(text, "db-cluster/main") || strings.Contains(text, "\x1b") {
		t.Errorf("the comment is %s", text)
	}
	p.edit(func(config string) string { return strings.Replace(config, "backup-days: 9", "backup-days: 999", 1) })
	if text := round(1); !strings.Contains(text, "it failed") || !strings.Contains(text, "1 to 35") {
		t.Errorf("the comment is %s", text)
	}
}

// A plan in Markdown is for people, and as careful as any.
func TestMarkdownPlan(t *testing.T) {
	t.Parallel()
	p := applied(t)
	p.masterSecret()
	p.must("env", "set", "APP_KEY="+canary)
	p.edit(daysOfBackup("9"))
	r := p.must("plan", "--markdown")
	if strings.Contains(r.out, canary) || !strings.HasPrefix(r.out, "### keyedin plan: keyedin production\n") {
		t.Errorf("the comment is %s", r.out)
	}
	if r := p.run("plan", "--markdown", "--detailed-exitcode"); r.code != 2 || !strings.Contains(r.out, "db-cluster/main") {
		t.Errorf("with changes: %d %s", r.code, r.out)
	}
	p.run("plan", "--markdown", "--json").says(t, 1, "say one of them")
	destroy := p.must("plan", "--markdown", "--destroy")
	if !strings.Contains(destroy.out, "**DATA IS LOST** with `db-cluster/main`") {
		t.Errorf("the comment is %s", destroy.out)
	}
}
