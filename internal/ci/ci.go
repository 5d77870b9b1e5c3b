// Package ci knows the workflow files of services that build and test: what
// they must say to plan and deploy an environment without a secret of their
// own. It does not know AWS, nor what is in the roles that the files name.
package ci

import (
	_ "embed"
	"path"
	"regexp"
	"strings"
)

//go:embed github.yml
var github string

// Workflow is what a workflow is made from.
type Workflow struct {
	Project, Environment, Region string
	// Config is the config's file, from the top of the repository.
	Config string
	// PlanRole and DeployRole are the ARNs of what the jobs may do.
	PlanRole, DeployRole string
	// Tags is the pattern of the tags that are deployed.
	Tags string
	// Version is that of keyedin; where it is none that can be fetched, the jobs
	// take the latest.
	Version string
	// Images are the repositories of the application's images, which are built for
	// the CPU architecture Arch.
	Images []string
	Arch   string
}

// defaultConfig is the file that keyedin reads when it is told no other.
const defaultConfig = "keyedin.yaml"

// GitHub is the text of a workflow file for GitHub Actions.
func (w Workflow) GitHub() string {
	flags := ""
	if w.Config != defaultConfig {
		flags = " --config " + w.Config
	}
	return strings.NewReplacer(
		"@PROJECT@", w.Project, "@ENVIRONMENT@", w.Environment, "@REGION@", w.Region, "@CONFIG@", w.Config,
		"@PLANROLE@", w.PlanRole, "@DEPLOYROLE@", w.DeployRole, "@TAGS@", w.Tags, "@KEYEDIN@", w.fetched(),
		"@RUNNER@", w.runner(), "@FLAGS@", flags, "@BUILD@\n", w.build(), "@RELEASE@\n", w.release(flags),
	).Replace(github)
}

// Path is where GitHub looks for the file.
func (w Workflow) Path() string { return ".github/workflows/keyedin-" + w.Environment + ".yml" }

var fetchable = regexp.MustCompile(`^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$`)

// Pinned reports whether the jobs take the very version that wrote the file.
func (w Workflow) Pinned() bool { return fetchable.MatchString(w.Version) }

func (w Workflow) fetched() string {
	if w.Pinned() {
		return w.Version
	}
	return "latest"
}

// runner is a machine of the instances' own architecture, so that nothing is
// built for another.
// https://docs.github.com/en/actions/reference/runners/github-hosted-runners
func (w Workflow) runner() string {
	if w.Arch == "arm64" {
		return "ubuntu-24.04-arm"
	}
	return "ubuntu-latest"
}

const indent = "          "

// build has a Dockerfile for each image, in a folder with the image's name.
func (w Workflow) build() string {
	var b strings.Builder
	for _, image := range w.Images {
		b.WriteString(indent + "docker build --tag " + image + ":release --file docker/" + path.Base(image) + "/Dockerfile .\n")
	}
	return b.String()
}

// release gives each image under the name of its repository.
func (w Workflow) release(flags string) string {
	var b strings.Builder
	b.WriteString(indent + "keyedin release create \"$GITHUB_REF_NAME\"" + flags)
	for _, image := range w.Images {
		b.WriteString(" \\\n" + indent + "  --image " + image + "=" + image + ":release")
	}
	b.WriteString("\n")
	return b.String()
}
