package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// Application is a CodeDeploy application: the name that deployment groups and
// revisions are filed under.
type Application struct {
	// Name has 1 to 100 characters.
	Name string `json:"name"`
	// Platform is PlatformServer or PlatformECS.
	Platform string `json:"platform"`
}

// Compute platforms of CodeDeploy.
const (
	PlatformServer = "Server"
	PlatformECS    = "ECS"
)

// Kind implements engine.Spec.
func (Application) Kind() string { return "codedeploy-application" }

// Fixed implements engine.Fixer.
func (Application) Fixed() []string { return []string{"name", "platform"} }

type applications struct{ *Clients }

// Read asks for each name; CodeDeploy has no tags in its answer, so they are
// asked for where the state does not know the application.
func (d applications) Read(ctx context.Context, scope engine.Scope) ([]engine.Live[Application], error) {
	return each(ctx, names(scope, Application{}.Kind()), func(ctx context.Context, name string) (*engine.Live[Application], error) {
		out, err := d.CodeDeploy.GetApplication(ctx, &codedeploy.GetApplicationInput{ApplicationName: aws.String(name)})
		if err != nil {
			return nil, unlessGone(err)
		}
		live := engine.Live[Application]{ID: name, Spec: Application{Name: name, Platform: string(out.Application.ComputePlatform)}}
		return &live, claimCodeDeploy(ctx, d.Clients, scope, &live, "application:"+name)
	})
}

func (d applications) Create(ctx context.Context, id engine.Identity, s Application) error {
	_, err := d.CodeDeploy.CreateApplication(ctx, &codedeploy.CreateApplicationInput{
		ApplicationName: aws.String(s.Name), ComputePlatform: types.ComputePlatform(s.Platform), Tags: toCodeDeploy(id.Tags),
	})
	return err
}

// Update has nothing to do: what is not fixed is tags.
func (d applications) Update(context.Context, engine.Live[Application], Application, engine.Fields) error {
	return nil
}

func (d applications) Delete(ctx context.Context, is engine.Live[Application]) error {
	_, err := d.CodeDeploy.DeleteApplication(ctx, &codedeploy.DeleteApplicationInput{ApplicationName: aws.String(is.ID)})
	return err
}

// Tag implements engine.Tagger.
func (d applications) Tag(ctx context.Context, id string, set map[string]string, unset []string) error {
	return d.tagCodeDeploy(ctx, "application:"+id, set, unset)
}
