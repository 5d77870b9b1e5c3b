package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/keyedin-app/keyedin-infra/internal/deploy"
	"github.com/keyedin-app/keyedin-infra/internal/release/bundle"
	"github.com/keyedin-app/keyedin-infra/internal/ui"
)

func (a *app) releaseList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the releases, the newest first, and which is deployed", Args: noArgs,
		RunE: a.onReleases((*operation).listReleases),
	}
}

// listed is a release in an answer.
type listed struct {
	bundle.Release
	Bytes    int64 `json:"bytes"`
	Deployed bool  `json:"deployed"`
}

func (o *operation) listReleases(ctx context.Context, _ []string) error {
	s, err := o.shelf(ctx)
	if err != nil {
		return err
	}
	all := []listed{}
	for _, r := range s.all {
		all = append(all, listed{r, bytesOf(r), r.Version == s.deployed()})
	}
	if o.JSON {
		return o.Object(map[string]any{"releases": all})
	}
	if len(all) == 0 {
		o.Print("%s has no releases yet. Make one with: %s", o.config.Environment, o.line("release create VERSION"))
	}
	for _, r := range all {
		mark := ""
		if r.Deployed {
			mark = "deployed"
		}
		o.Print("%s", strings.TrimRight(strings.Join([]string{
			pad(r.Version, 20), r.Created.UTC().Format(day), pad(r.By, 12), pad(r.Revision, 7), pad(ui.Bytes(r.Bytes), 7), mark,
		}, "  "), " "))
	}
	if d := s.deployed(); d != "" && !isListed(s.all, d) {
		o.Say("What is deployed, %s, is none of them.", d)
	}
	return nil
}

// pad fits a text into columns; one that is longer is cut, but for versions that
// people must be able to copy.
func pad(text string, columns int) string {
	r := []rune(text)
	if len(r) > columns && columns < 20 {
		r = r[:columns]
	}
	return string(r) + strings.Repeat(" ", max(0, columns-len(r)))
}

func isListed(all []bundle.Release, version string) bool {
	for _, r := range all {
		if r.Version == version {
			return true
		}
	}
	return false
}

func (a *app) releaseShow() *cobra.Command {
	return &cobra.Command{
		Use: "show VERSION", Short: "Show what is in a release, and when it was deployed", Args: oneVersion,
		RunE: a.onReleases((*operation).showRelease), ValidArgsFunction: a.completion(false, releaseVersions),
	}
}

// showed is a release in an answer, with its deployments.
type showed struct {
	listed
	Deployments []deploy.Past `json:"deployments"`
}

func (o *operation) showRelease(ctx context.Context, args []string) error {
	var r bundle.Release
	var past []deploy.Past
	g, inner := errgroup.WithContext(ctx)
	g.Go(func() (err error) { r, err = o.releases().Get(inner, args[0]); return err })
	g.Go(func() (err error) { past, err = o.pastDeployments(inner); return err })
	if err := g.Wait(); err != nil {
		return err
	}
	s := showed{listed{r, bytesOf(r), len(past) > 0 && past[0].Version == r.Version}, []deploy.Past{}}
	for _, p := range past {
		if p.Version == r.Version {
			s.Deployments = append(s.Deployments, p)
		}
	}
	if o.JSON {
		return o.Object(s)
	}
	o.tellRelease(s)
	return nil
}

func (o *operation) tellRelease(s showed) {
	state := "not deployed now"
	if s.Deployed {
		state = "deployed now"
	}
	o.Print("release %s, %s", s.Version, state)
	o.Print("  made      %s by %s, with keyedin %s", s.Created.UTC().Format(day), s.By, s.Tool)
	if s.Revision != "" {
		o.Print("  revision  %s", s.Revision)
	}
	o.Print("  content   %s", s.Content)
	for _, i := range s.Images {
		o.Print("  %s, %s\n    %s", i.Repository, ui.Bytes(i.Size), i.Digest)
	}
	for _, p := range s.Deployments {
		o.Print("  %s", told(p))
	}
	if len(s.Deployments) == 0 {
		o.Print("  no deployment of it is known to have succeeded")
	}
}

// told is a deployment on a line.
func told(p deploy.Past) string {
	words := []string{"deployed", p.When.UTC().Format(day)}
	if p.Kind == deploy.KindRollback {
		words[0] = "rolled back to"
	}
	if p.By != "" {
		words = append(words, "by", p.By)
	}
	return strings.Join(append(words, "("+p.Deployment+")"), " ")
}
