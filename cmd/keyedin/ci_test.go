package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// repository lets a repository's workflows plan and deploy.
func repository(text string) string {
	return strings.Replace(text, `github: ""`, `github: keyedin-app/shop`, 1)
}

// job is what a test looks at in a workflow.
type job struct {
	If          string            `yaml:"if"`
	Environment string            `yaml:"environment"`
	Permissions map[string]string `yaml:"permissions"`
	Concurrency struct {
		Group  string `yaml:"group"`
		Cancel bool   `yaml:"cancel-in-progress"`
	} `yaml:"concurrency"`
	Steps []struct {
		Name string            `yaml:"name"`
		Uses string            `yaml:"uses"`
		Run  string            `yaml:"run"`
		With map[string]any    `yaml:"with"`
		Env  map[string]string `yaml:"env"`
	} `yaml:"steps"`
}

// workflow is a file for GitHub Actions.
type workflow struct {
	On          map[string]any    `yaml:"on"`
	Permissions map[string]string `yaml:"permissions"`
	Jobs        map[string]job    `yaml:"jobs"`
}

func parsedWorkflow(t *testing.T, text string) workflow {
	t.Helper()
	var w workflow
	if err := yaml.Unmarshal([]byte(text), &w); err != nil {
		t.Fatalf("the workflow is no YAML: %v\n%s", err, text)
	}
	return w
}

// The workflow says what GitHub has to know, holds no secret, and calls nothing
// that keyedin does not know.
func TestWorkflow(t *testing.T) {
	t.Parallel()
	p := applied(t, repository)
	r := p.must("ci", "github")
	if strings.Contains(r.err, "not as") {
		t.Errorf("something is missing after an apply: %s", r.err)
	}
	w := parsedWorkflow(t, r.out)
	plan, deploy := w.Jobs["plan"], w.Jobs["deploy"]
	if len(w.Permissions) != 0 || len(w.Jobs) != 2 || w.On["pull_request_target"] != nil {
		t.Errorf("the workflow is %+v", w)
	}
	wantPermissions(t, plan, map[string]string{"contents": "read", "id-token": "write", "pull-requests": "write"})
	wantPermissions(t, deploy, map[string]string{"contents": "read", "id-token": "write"})
	if deploy.Concurrency.Group == "" || deploy.Concurrency.Cancel || deploy.Environment != "production" {
		t.Errorf("two deployments may meet: %+v", deploy)
	}
	if !strings.Contains(plan.If, "head.repo.full_name == github.repository") {
		t.Errorf("forks plan: %s", plan.If)
	}
	if strings.Contains(r.out, "secrets.") || regexp.MustCompile(`run:[^\n]*\$\{\{`).MatchString(r.out) {
		t.Error("the workflow has a secret, or puts what others may write into a script")
	}
	roles := p.roles()
	for name, j := range w.Jobs {
		for _, s := range j.Steps {
			if s.Uses != "" && !regexp.MustCompile(`^[a-z-]+/[a-z-]+@v\d+$`).MatchString(s.Uses) {
				t.Errorf("%s uses %s", name, s.Uses)
			}
			if arn, ok := s.With["role-to-assume"]; ok && !slices.Contains(roles, arn.(string)) {
				t.Errorf("%s takes the role %s, which is none of %v", name, arn, roles)
			}
			script(t, s.Run)
		}
	}
}

func wantPermissions(t *testing.T, j job, want map[string]string) {
	t.Helper()
	if fmt.Sprint(j.Permissions) != fmt.Sprint(want) {
		t.Errorf("the permissions are %v, want %v", j.Permissions, want)
	}
}

var called = regexp.MustCompile(`(?m)^\s*(keyedin (?:.*\\\n)*.*)$`)

// script holds the shell part of a step to the shell, and its calls of keyedin
// to what can be typed.
func script(t *testing.T, text string) {
	t.Helper()
	if text == "" {
		return
	}
	file := filepath.Join(t.TempDir(), "step.sh")
	if err := os.WriteFile(file, []byte("#!/bin/bash\nset -e\n"+text), 0o600); err != nil {
		t.Fatal(err)
	}
	checks := [][]string{{"bash", "-n", file}}
	if _, err := exec.LookPath("shellcheck"); err == nil {
		checks = append(checks, []string{"shellcheck", file})
	}
	for _, check := range checks {
		if out, err := exec.Command(check[0], check[1:]...).CombinedOutput(); err != nil {
			t.Errorf("%v: %s\n%s", check, out, text)
		}
	}
	path, err := executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range called.FindAllStringSubmatch(text, -1) {
		command := strings.NewReplacer("\\\n", " ", `"$GITHUB_REF_NAME"`, "v1").Replace(line[1])
		command, _, _ = strings.Cut(command, " >")
		args := append(strings.Fields(command)[1:], "--help")
		if out, err := exec.Command(path, args...).CombinedOutput(); err != nil || strings.Contains(string(out), "Available Commands") {
			t.Errorf("%s cannot be typed: %s", command, out)
		}
	}
}

// Where a repository may not plan or deploy yet, it is said what to do.
func TestWorkflowMissing(t *testing.T) {
	t.Parallel()
	p := applied(t)
	p.run("ci", "github").says(t, 1, "ci.github is empty", "owner/repository", "keyedin apply")
	p.edit(repository)
	r := p.run("ci", "github")
	r.says(t, 0, "role/github-deploy, role/github-plan", "keyedin apply")
	parsedWorkflow(t, r.out)
	object := p.object(p.must("ci", "github", "--json"))
	if fmt.Sprint(object["missing"]) != "[role/github-deploy role/github-plan]" || object["path"] != ".github/workflows/keyedin-production.yml" {
		t.Errorf("the answer is %v, %v", object["missing"], object["path"])
	}
	p.must("apply", "--yes")
	if r := p.must("ci", "github", "--tags", "release-*"); strings.Contains(r.err, "not as") || !strings.Contains(r.out, `tags: ["release-*"]`) {
		t.Errorf("after the apply: %s", r.err)
	}
	p.edit(func(text string) string { return strings.Replace(text, "keyedin-app/shop", "keyedin-app@1/shop@2", 1) })
	p.run("ci", "github").says(t, 0, "role/github-deploy, role/github-plan")
	p.run("ci", "github", "--tags", `v"`).says(t, 1, "--tags", "v*")
	p.run("ci", "gitlab").says(t, 1, "gitlab")
	p.run("ci", "github", "extra").says(t, 1, "no argument")
	p.Violations(t)
}
