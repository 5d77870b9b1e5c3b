package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
)

// TestEnv keeps the application's variables in the Parameter Store: encrypted,
// with a history, shown when asked for and at no other time.
func TestEnv(t *testing.T) {
	t.Parallel()
	p := arrive(t)
	if r := p.run("env", "list"); r.code != 1 || !strings.Contains(r.err, "keyedin apply") {
		t.Errorf("before the first apply: %d %s", r.code, r.err)
	}
	if r := p.run("apply", "--yes"); r.code != 0 && r.code != 4 {
		t.Fatalf("apply: %d %s", r.code, r.err)
	}
	const secret = `hunter2 "$x" #\`
	said := ""
	quiet := func(args ...string) string {
		r := p.must(args...)
		said += r.out + r.err
		return r.out
	}
	quiet("env", "set", "LOG_LEVEL=info", "APP_DEBUG=false")
	set := p.command("env", "set", "APP_KEY")
	set.Stdin = strings.NewReader(secret + "\n")
	if r := p.finish(set); r.code != 0 {
		t.Fatalf("set from standard input: %s", r.err)
	}
	if out := quiet("env", "set", "LOG_LEVEL=info"); out != "" {
		t.Errorf("setting the same again changed something: %q", out)
	}
	quiet("env", "set", "LOG_LEVEL=debug")

	store := ssm.NewFromConfig(p.Config())
	got, err := store.GetParameter(t.Context(), &ssm.GetParameterInput{Name: aws.String("/keyedin/production/APP_KEY"), WithDecryption: aws.Bool(true)})
	if err != nil || got.Parameter.Type != "SecureString" || aws.ToString(got.Parameter.Value) != secret {
		t.Errorf("AWS has %+v, %v", got, err)
	}
	if out := quiet("env", "list"); len(strings.Split(strings.TrimSpace(out), "\n")) != 3 || !strings.Contains(out, "LOG_LEVEL") {
		t.Errorf("the list is %q", out)
	}
	if out := p.must("env", "get", "APP_KEY").out; out != secret+"\n" {
		t.Errorf("get shows %q", out)
	}
	if out := quiet("env", "history", "LOG_LEVEL"); strings.Count(out, "version") != 2 {
		t.Errorf("the history is %q", out)
	}

	quiet("env", "pull")
	file := filepath.Join(p.dir, ".env.production")
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", info, err)
	}
	if r := p.run("env", "pull"); r.code != 1 || !strings.Contains(r.err, "--force") {
		t.Errorf("a second pull: %d %s", r.code, r.err)
	}
	quiet("env", "diff")
	if err := os.WriteFile(file, []byte("LOG_LEVEL=debug\nNEW='a b'\nMAIL=\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := quiet("env", "diff"); out != "+ NEW\n- APP_DEBUG\n- APP_KEY\n" {
		t.Errorf("the difference is %q", out)
	}
	if r := p.run("env", "push"); r.code != 1 || !strings.Contains(r.err, "--yes") {
		t.Errorf("a push that nobody agreed to: %d %s", r.code, r.err)
	}
	if out := quiet("env", "push", "--yes"); out != "+ NEW\n" {
		t.Errorf("a push did %q", out)
	}
	quiet("env", "push", "--yes", "--delete")
	if out := quiet("env", "list"); strings.Contains(out, "APP_KEY") || !strings.Contains(out, "NEW") {
		t.Errorf("after a push that removes: %q", out)
	}
	quiet("env", "unset", "NEW", "--yes")
	if strings.Contains(said, "hunter2") {
		t.Error("a value was shown that nobody asked for")
	}
	p.Violations(t)
}

// TestEnvRefuses says what is wrong, and changes nothing.
func TestEnvRefuses(t *testing.T) {
	t.Parallel()
	p := applied(t)
	p.must("env", "set", "APP_KEY=1")
	if err := os.WriteFile(filepath.Join(p.dir, "broken"), []byte("A=1\nPASSWORD=\"hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"set", "1A=x"}, "no digit first"},
		{[]string{"set", "A=1", "A=2"}, "twice"},
		{[]string{"set", "A="}, "env unset A"},
		{[]string{"set", "A={{x}}"}, "{{"},
		{[]string{"set", "A=" + strings.Repeat("x", 4097)}, "4096"},
		{[]string{"get", "app_key"}, "APP_KEY"},
		{[]string{"get"}, "env get NAME"},
		{[]string{"history", "NONE"}, "env list"},
		{[]string{"unset", "NONE", "--yes"}, "env list"},
		{[]string{"unset", "APP_KEY"}, "--yes"},
		{[]string{"push", "nowhere"}, "env pull nowhere"},
		{[]string{"push", "broken", "--yes"}, "line 2"},
	} {
		r := p.run(append([]string{"env"}, c.args...)...)
		if r.code != 1 || !strings.Contains(r.err, c.says) || strings.Contains(r.err, "hunter2") {
			t.Errorf("env %.40q ended with %d and does not say %q: %s", c.args, r.code, c.says, r.err)
		}
	}
	if out := p.must("env", "list").out; !strings.HasPrefix(out, "APP_KEY") || strings.Count(out, "\n") != 1 {
		t.Errorf("something was changed: %q", out)
	}
	p.Violations(t)
}
