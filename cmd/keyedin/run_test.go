package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox/bench"
)

const runsIn = "/opt/keyedin/current/bin/run"

// TestRun runs a command once and ends as it ends.
func TestRun(t *testing.T) {
	t.Parallel()
	p := applied(t)
	p.Deploys(t, bench.Deploys{Commands: []bench.CommandAnswer{
		{Match: "'about'", Output: "Laravel 11\n", Error: "deprecated\n"},
		{Match: "'fail'", Output: "half\n", Code: 3},
		{Match: "'long'", Output: strings.Repeat("0123456789\n", 4000)},
	}})
	r := p.must("run", "--", "php", "artisan", "about", "it's")
	if r.out != "Laravel 11\n" || !strings.Contains(r.err, "deprecated\n") {
		t.Errorf("about: %q %q", r.out, r.err)
	}
	if r := p.run("run", "php", "fail", "--json"); r.code != 3 || r.out != "half\n" || !strings.Contains(r.err, "exit code 3") {
		t.Errorf("fail, with a flag of its own: %d %q %q", r.code, r.out, r.err)
	}
	r = p.run("run", "--json", "php", "fail")
	if o := p.object(r); r.code != 3 || o["exit-code"] != 3.0 || o["stdout"] != "half\n" {
		t.Errorf("fail in JSON: %d %v", r.code, o)
	}
	if r := p.must("run", "php", "long"); len(r.out) != 44000 { // AWS keeps 24,000; the logs have all
		t.Errorf("long output: %d bytes, %s", len(r.out), r.err)
	}

	all, err := ssm.NewFromConfig(p.Config()).ListCommands(t.Context(), &ssm.ListCommandsInput{})
	if err != nil || len(all.Commands) != 4 {
		t.Fatalf("%d commands were sent, %v", len(all.Commands), err)
	}
	for _, c := range all.Commands {
		script := strings.Join(c.Parameters["commands"], "\n")
		if !strings.Contains(script, runsIn+" 'php'") || c.Parameters["executionTimeout"][0] != "3600" || len(c.InstanceIds) != 1 {
			t.Errorf("what was sent is %+v", c.Parameters)
		}
	}
	p.Violations(t)
}

// TestRunWithoutARelease says what to do; the script is run for real, where
// there is none.
func TestRunWithoutARelease(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat(runsIn); err == nil {
		t.Skip("this machine has a release")
	}
	p := applied(t)
	p.Deploys(t, bench.Deploys{Commands: []bench.CommandAnswer{{Match: runsIn, Run: true, Path: os.Getenv("PATH")}}})
	if r := p.run("run", "--", "php", "-v"); r.code != 1 || !strings.Contains(r.err, "keyedin deploy") {
		t.Errorf("%d %s", r.code, r.err)
	}
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"run"}, "keyedin run -- COMMAND"},
		{[]string{"run", "--instance", "i-nobody", "--", "x"}, "no running machine i-nobody"},
		{[]string{"run", "--instance", "bastion", "--", "x"}, "bastion has no release"},
		{[]string{"run", "--timeout", "3s", "--", "x"}, "30s"},
		{[]string{"run", "--", "a\xffb"}, "UTF-8"},
		{[]string{"exec", "bastion", "--", "x"}, "keyedin ssh bastion"},
		{[]string{"exec", "--json"}, "after --"},
		{[]string{"ssh", "a", "b"}, "one machine at a time"},
		{[]string{"ssh", "nowhere", "--", "x"}, "It has: "},
		{[]string{"ssh", "--", "x"}, "Systems Manager"},
	} {
		if r := p.run(c.args...); r.code != 1 || !strings.Contains(r.err, c.says) {
			t.Errorf("%q ended with %d and does not say %q: %s", c.args, r.code, c.says, r.err)
		}
	}
	p.Violations(t)
}

// TestRunShowsOutputAsItComes has it from the logs while the command is under
// way, and cancels the command at Ctrl-C.
func TestRunShowsOutputAsItComes(t *testing.T) {
	t.Parallel()
	p := applied(t)
	p.Deploys(t, bench.Deploys{Commands: []bench.CommandAnswer{{Match: "'import'", Hold: true}}})
	r := p.start("run", "--", "php", "import")
	_, after, _ := strings.Cut(r.sees(r.err, "; Ctrl-C"), "as the command ")
	id, _, _ := strings.Cut(after, ";")
	p.log(t, "/keyedin/production/application", id+"/i-1/aws-runShellScript/stdout", "row 1\nrow 2\n")
	r.sees(r.out, "row 2")
	r.interrupt("told to end")
	if ended := r.end(); ended.code != 130 || ended.out != "row 1\nrow 2\n" {
		t.Errorf("it ended with %d: %q", ended.code, ended.out)
	}
	all, err := ssm.NewFromConfig(p.Config()).ListCommands(t.Context(), &ssm.ListCommandsInput{CommandId: aws.String(id)})
	if err != nil || len(all.Commands) != 1 || all.Commands[0].Status != "Cancelled" {
		t.Errorf("the command is %+v, %v", all, err)
	}
	p.Violations(t)
}

// log has something written to a log.
func (p *place) log(t *testing.T, group, stream string, texts ...string) {
	t.Helper()
	logs := cloudwatchlogs.NewFromConfig(p.Config())
	_, _ = logs.CreateLogStream(t.Context(), &cloudwatchlogs.CreateLogStreamInput{LogGroupName: &group, LogStreamName: &stream}) // it may be there
	for _, text := range texts {
		_, err := logs.PutLogEvents(t.Context(), &cloudwatchlogs.PutLogEventsInput{
			LogGroupName: &group, LogStreamName: &stream,
			LogEvents: []types.InputLogEvent{{Message: aws.String(text), Timestamp: aws.Int64(time.Now().UnixMilli())}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// sees waits for a text in what a keyedin at work has written, and returns it all.
func (r *running) sees(where *lines, text string) string {
	r.t.Helper()
	for deadline := time.Now().Add(patience); !strings.Contains(where.String(), text); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			r.t.Fatalf("it does not say %q:\n%s\n%s", text, r.out, r.err)
		}
	}
	return where.String()
}
