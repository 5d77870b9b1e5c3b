package main

import (
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox/bench"
)

// migrates is what Laravel says when it has something to do.
const migrates = "INFO  Running migrations.\n\n2026_11_01_000000_create_profiles ..... 12ms DONE\n"

// three has three instances, four at most.
func three(config string) string {
	return with("    min: 1 ", "    min: 3 ")(config)
}

// deploysOf is an environment with releases, the first of which is deployed.
func deploysOf(t *testing.T, edits []func(string) string, versions ...string) *place {
	t.Helper()
	p := applied(t, edits...)
	p.released(versions...)
	p.Deploys(t, bench.Deploys{EventSeconds: brisk(), Commands: []bench.CommandAnswer{{Match: "artisan migrate", Output: migrates}}})
	p.must("deploy", versions[0], "--yes")
	return p
}

// runs checks that every instance has a release installed, as AWS's own agent
// would say.
func (p *place) runs(version string) {
	p.t.Helper()
	installed := p.Installed(p.t)
	for _, i := range p.group().Instances {
		if got := installed[aws.ToString(i.InstanceId)]; got != "releases/"+version+"/bundle.zip" {
			p.t.Errorf("%s has %q installed, not %s", aws.ToString(i.InstanceId), got, version)
		}
	}
}

// TestDeploy brings releases to one instance, does nothing twice, and goes back.
func TestDeploy(t *testing.T) {
	t.Parallel()
	p := applied(t)
	p.released("1.0", "1.1")
	p.Deploys(t, bench.Deploys{EventSeconds: brisk(), Commands: []bench.CommandAnswer{{Match: "artisan migrate", Output: migrates}}})
	r := p.must("deploy", "1.0", "--yes")
	r.prints(t, "1.0 runs on 1 instance")
	r.says(t, 0, "create_profiles", "ApplicationStart", "AllowTraffic")
	p.runs("1.0")
	p.tidy()

	p.must("deploy", "1.0", "--yes").prints(t, "already; nothing to do")
	p.must("deploy", "1.0", "--yes", "--force").prints(t, "1.0 runs on 1 instance")
	second := p.must("deploy", "1.1", "--yes", "--json")
	out := p.object(second)
	if out["status"] != "done" || out["previous"] != "1.0" || out["exit-code"] != 0.0 {
		t.Errorf("the answer is %v", out)
	}
	p.runs("1.1")
	record := p.record(out["deployment"].(string))
	before, _ := record["before"].(map[string]any)
	if record["version"] != "1.1" || before["command"] != "php artisan migrate --force" || before["changed"] != true {
		t.Errorf("the record is %v", record)
	}

	p.run("rollback").says(t, 1, "1.0", "--yes")
	r = p.must("rollback", "--yes")
	r.prints(t, "1.0 runs on 1 instance")
	r.says(t, 0, "may have changed the database")
	p.runs("1.0")
	if !strings.Contains(r.err, "keyedin deploy 1.1") {
		t.Errorf("it does not say how to go forward again:\n%s", r.err)
	}
	p.run("rollback", "--yes").says(t, 1, "no release to go back to")
	for _, command := range []string{"deploy", "rollback"} {
		p.must("__complete", command, "").prints(t, "1.0\n", "1.1\n")
	}
	p.tidy()
	p.Violations(t)
}

// record is what keyedin keeps of a deployment.
func (p *place) record(id string) map[string]any {
	p.t.Helper()
	out, err := s3.NewFromConfig(p.Config()).GetObject(p.t.Context(), &s3.GetObjectInput{
		Bucket: aws.String(private), Key: aws.String("deployments/production/" + id + ".json"),
	})
	if err != nil {
		p.t.Fatal(err)
	}
	defer out.Body.Close()
	body, err := io.ReadAll(out.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	var v map[string]any
	if err := json.Unmarshal(body, &v); err != nil {
		p.t.Fatal(err)
	}
	return v
}

// TestDeployFails fails on the second of three instances: AWS takes it back
// everywhere, and keyedin says what failed of what.
func TestDeployFails(t *testing.T) {
	t.Parallel()
	p := deploysOf(t, []func(string) string{three}, "1.0", "2.0")
	p.runs("1.0")
	p.Deploys(t, bench.Deploys{EventSeconds: brisk(), Failures: []bench.DeployFailure{{
		Version: "2.0", Event: "AfterInstall", Nth: 2, Code: "ScriptFailed", Script: "hooks/pull.sh", Log: strings.Repeat("early\n", 40) + "manifest unknown",
	}}})
	r := p.run("deploy", "2.0", "--yes", "--no-before")
	r.says(t, 1, "AfterInstall (hooks/pull.sh)", "ended with an error", "manifest unknown", "AWS takes it back", "1.0 runs again")
	if n := strings.Count(r.err, "early"); n != 29 {
		t.Errorf("%d lines of the log are shown beside the last", n)
	}
	p.runs("1.0")
	p.tidy()
	out := p.object(p.run("deploy", "2.0", "--yes", "--no-before", "--json"))
	failures := out["failures"].(map[string]any)
	if out["status"] != "taken back" || out["exit-code"] != 1.0 || len(failures) != 1 || len(out["instances"].(map[string]any)) != 3 {
		t.Errorf("the answer is %v", out)
	}
	for _, version := range out["instances"].(map[string]any) {
		if version != "1.0" {
			t.Errorf("an instance is said to run %v", version)
		}
	}
	p.run("deploy", "--attach").says(t, 1, "of 2.0", "manifest unknown")
	p.Violations(t)
}

// TestDeployWithoutAWayBack fails with the first release there is.
func TestDeployWithoutAWayBack(t *testing.T) {
	t.Parallel()
	p := applied(t)
	p.released("1.0")
	p.Deploys(t, bench.Deploys{EventSeconds: brisk(), Failures: []bench.DeployFailure{{Event: "ApplicationStart", Code: "ScriptTimedOut", Script: "hooks/start.sh"}}})
	p.run("deploy", "1.0", "--yes", "--no-before").says(t, 1, "hooks/start.sh", "did not end in the time", "no release to go back to")
	p.tidy()
	p.Violations(t)
}

// TestBeforeFails stops at migrations that fail, with nothing changed, and runs
// them again the next time.
func TestBeforeFails(t *testing.T) {
	t.Parallel()
	p := deploysOf(t, nil, "1.0", "2.0")
	p.edit(tells)
	c := newChat(t)
	p.set("team", c.URL+"/well").says(t, 0)
	p.Deploys(t, bench.Deploys{EventSeconds: brisk(), Commands: []bench.CommandAnswer{{Match: "artisan migrate", Output: "SQLSTATE[42S01]: Base table or view already exists\n", Code: 2}}})
	p.run("deploy", "2.0", "--yes").says(t, 1, "SQLSTATE[42S01]", "ended with 2", "1.0 runs as before", "--no-before")
	if heard := strings.Join(c.heard(), "\n"); !strings.Contains(heard, "deploy 2.0 failed, by ") || !strings.Contains(heard, "nothing was deployed. 1.0 runs as before.") || strings.Contains(heard, "SQLSTATE") {
		t.Errorf("the chat heard %q", heard)
	}
	p.runs("1.0")
	p.tidy()
	p.Deploys(t, bench.Deploys{EventSeconds: brisk(), Commands: []bench.CommandAnswer{{Match: "artisan migrate", Output: "INFO  Nothing to migrate.\n"}}})
	r := p.must("deploy", "2.0", "--yes", "--json")
	before := p.object(r)["before"].(map[string]any)
	if before["changed"] != false {
		t.Errorf("nothing to migrate is %v", before)
	}
	p.runs("2.0")
	if r := p.must("rollback", "--yes"); strings.Contains(r.err, "may have changed") {
		t.Errorf("it warns of migrations that did not run:\n%s", r.err)
	}
	p.Violations(t)
}

// TestDeployRefuses says all that is wrong at once, and changes nothing.
func TestDeployRefuses(t *testing.T) {
	t.Parallel()
	p := deploysOf(t, nil, "1.0", "1.1")
	p.unpushed("keyedin/nginx", "1.1")
	for words, args := range map[string][]string{
		"keyedin/nginx@sha256": {"deploy", "1.1", "--yes"},
		"no release":           {"deploy", "1.2", "--yes"},
		"no name of a release": {"deploy", "a/b", "--yes"},
		"deploy VERSION":       {"deploy"},
		"2 versions":           {"deploy", "1", "2"},
		"say one of them":      {"deploy", "--attach", "--abort"},
		"take no version":      {"deploy", "1.0", "--abort"},
		"for a new deployment": {"deploy", "--attach", "--force"},
		"no deployment is":     {"deploy", "--abort", "--yes"},
		"never deployed":       {"rollback", "1.1", "--yes"},
		"one version at most":  {"rollback", "1", "2"},
		"no release to go":     {"rollback", "--yes"},
		"Say --yes":            {"deploy", "1.0", "--force"},
	} {
		p.run(args...).says(t, 1, words)
	}
	p.runs("1.0")
	p.tidy()
	p.Violations(t)
}
