package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/keyedin-app/keyedin-infra/internal/architecture"
	"github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/ci"
	"github.com/keyedin-app/keyedin-infra/internal/config"
)

func (a *app) ciCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "ci", Short: "Plan and deploy from a repository's workflows",
		Args: noArgs, RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.ciGitHub())
	return c
}

func (a *app) ciGitHub() *cobra.Command {
	var tags string
	c := &cobra.Command{
		Use: "github", Short: "Print a workflow for GitHub Actions", Args: noArgs,
		Long: `Prints a workflow that plans on pull requests, as a comment, and deploys on tags.
It holds no secret: AWS takes GitHub's own token for the two roles that apply
makes for the repository in ci.github. What is missing is said.`,
		Example: "  keyedin ci github > .github/workflows/keyedin-production.yml",
		RunE: func(c *cobra.Command, _ []string) error {
			if !tagPattern.MatchString(tags) {
				return fmt.Errorf("--tags must be a pattern of tags such as v*, not %q", tags)
			}
			return a.runCIGitHub(c.Context(), tags)
		},
	}
	c.Flags().StringVar(&tags, "tags", "v*", "deploy the tags of this `pattern`")
	return c
}

// tagPattern is of what GitHub takes for a pattern, without what would end a
// text in YAML.
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#filter-pattern-cheat-sheet
var tagPattern = regexp.MustCompile(`^!?[A-Za-z0-9._*?+/\[\]-]+$`)

func (a *app) runCIGitHub(ctx context.Context, tags string) error {
	c, err := config.Load(a.config)
	if err != nil {
		return err
	}
	if c.CI.GitHub == "" {
		return fmt.Errorf("no repository may plan or deploy %s: ci.github is empty.\nSet it in %s to owner/repository, then type: %s",
			c.Environment, a.config, a.line("apply"))
	}
	if filepath.IsAbs(a.config) {
		return errors.New("the workflow has to find the config in the repository: say --config as a path from its top, where this is typed")
	}
	o, err := a.operate(ctx)
	if err != nil {
		return err
	}
	o.sayReading()
	w, missing := o.workflow(tags), o.missingRoles()
	if a.JSON {
		return a.Object(map[string]any{
			"repository": c.CI.GitHub, "path": w.Path(), "workflow": w.GitHub(), "missing": append([]string{}, missing...),
		})
	}
	a.Print("%s", strings.TrimSuffix(w.GitHub(), "\n"))
	if len(missing) > 0 {
		a.Warn("not as %s wants it yet: %s. Make it so with: %s", a.config, joined(missing), a.line("apply"))
	}
	if !w.Pinned() {
		a.Warn("this keyedin is %s, which cannot be fetched, so the workflow takes the latest", w.Version)
	}
	a.Say("Commit it as %s, and make the environment %s in the settings of %s: its rules say who may deploy.",
		w.Path(), c.Environment, c.CI.GitHub)
	return nil
}

func (o *operation) workflow(tags string) ci.Workflow {
	c := o.config
	role := func(name string) string {
		return "arn:" + o.facts.Partition + ":iam::" + o.facts.Account + ":role" + aws.RolePath(c.Environment) + name
	}
	return ci.Workflow{
		Project: c.Name, Environment: c.Environment, Region: c.Region, Config: filepath.ToSlash(filepath.Clean(o.app.config)),
		PlanRole: role(o.names.PlanRole), DeployRole: role(o.names.DeployRole), Tags: tags, Version: toolVersion(),
		Images: c.App.Repositories, Arch: config.Arch(c.App.Instances.Types[0]),
	}
}

// missingRoles are the roles that are not recorded as the config wants them.
func (o *operation) missingRoles() []string {
	var missing []string
	for address, subjects := range architecture.Trusted(o.config) {
		var is struct {
			Web aws.WebIdentity `json:"web"`
		}
		err := json.Unmarshal(o.last.Objects[address].Document, &is)
		have := slices.Sorted(slices.Values(is.Web.Subjects))
		if err != nil || !slices.Equal(have, slices.Sorted(slices.Values(subjects))) {
			missing = append(missing, address)
		}
	}
	slices.Sort(missing)
	return missing
}
