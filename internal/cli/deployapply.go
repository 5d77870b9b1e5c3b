package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// deploying says that a deployment is under way where a plan has found its mark
// on the group, and costs no call where it has not. What one that was cut short
// has left suspended is resumed by whoever holds the lock.
func (e *environment) deploying(ctx context.Context, p *engine.Plan) string {
	o, ok := p.Live(fleet)
	mark, marked := o.Attrs["deploying"].(string)
	if !ok || !marked {
		return ""
	}
	site := e.operation().site()
	under, err := site.UnderWay(ctx)
	if err != nil {
		return "a deployment has left its mark, and whether it is under way could not be read: " + e.explain(ctx, err).Error()
	}
	for _, d := range under {
		if !d.Single() {
			text := d.Sentence() + ". Wait for it with `" + e.line("deploy --attach") + "`"
			if slices.ContainsFunc(p.Changes, reaches) {
				p.Problems = append(p.Problems, engine.Note{Address: fleet, Text: "these changes would reach the instances in the midst of it: " + text})
				return ""
			}
			return text
		}
	}
	left := strings.ReplaceAll(mark, " ", ", ")
	switch {
	case left == "none" && e.held == nil:
		return ""
	case e.held == nil:
		return "a deployment was cut short and has left suspended: " + left + "; the next apply, deploy or rollback resumes it"
	}
	if _, err := site.Unguard(ctx, false); err != nil {
		return "what a deployment has left suspended could not be resumed: " + e.explain(ctx, err).Error()
	}
	if left == "none" {
		return ""
	}
	return "a deployment was cut short and had left suspended: " + left + "; resumed"
}

// reaches reports whether a change reaches the instances, or what brings a
// release to them.
func reaches(c engine.Change) bool {
	kind, _, _ := strings.Cut(c.Address, "/")
	return c.Action != engine.Await && slices.Contains([]string{
		"auto-scaling-group", "launch-template", "codedeploy-application", "codedeploy-deployment-group", "target-group", "load-balancer", "repository",
	}, kind)
}

// undeployed refuses what would replace instances in the midst of a deployment.
func (e *environment) undeployed(ctx context.Context) error {
	site := e.operation().site()
	under, err := site.UnderWay(ctx)
	if err != nil {
		return e.explain(ctx, err)
	}
	for _, d := range under {
		if !d.Single() {
			return fmt.Errorf("instances are not replaced in the midst of a deployment: %s.\nWait for it with: %s", d.Sentence(), e.line("deploy --attach"))
		}
	}
	return nil
}
