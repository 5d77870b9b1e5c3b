package aws

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"golang.org/x/sync/errgroup"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// InstanceProfile hands a role to EC2 instances.
type InstanceProfile struct {
	// Name has at most 128 letters, digits and _+=,.@-
	Name string `json:"name"`
	// Path is RolePath(environment).
	Path string           `json:"path"`
	Role engine.Ref[Role] `json:"role"`
}

// Kind implements engine.Spec.
func (InstanceProfile) Kind() string { return "instance-profile" }

// Fixed implements engine.Fixer.
func (InstanceProfile) Fixed() []string { return []string{"name", "path"} }

// Timing implements engine.Timed.
func (InstanceProfile) Timing() engine.Timing {
	return engine.Timing{Create: 10 * time.Second, Update: 10 * time.Second, Delete: 2 * time.Second, GiveUp: 5 * time.Minute}
}

// Effect implements engine.Affecting: a profile holds one role, which must go
// before the next can come.
func (InstanceProfile) Effect(changed engine.Fields) engine.Effect {
	if changed.Has("role") {
		return engine.Effect{Level: engine.Degraded, Text: "running servers change to the new role's permissions within minutes, and may be refused by AWS for a moment"}
	}
	return engine.Effect{}
}

type instanceProfiles struct{ *Clients }

func (d instanceProfiles) Read(ctx context.Context, scope engine.Scope) ([]engine.Live[InstanceProfile], error) {
	var lives []engine.Live[InstanceProfile]
	pages := iam.NewListInstanceProfilesPaginator(d.IAM, &iam.ListInstanceProfilesInput{PathPrefix: aws.String(RolePath(scope.Environment))})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, p := range page.InstanceProfiles {
			live := engine.Live[InstanceProfile]{
				ID: aws.ToString(p.InstanceProfileName), Attrs: map[string]any{"arn": aws.ToString(p.Arn)},
				Spec: InstanceProfile{Name: aws.ToString(p.InstanceProfileName), Path: aws.ToString(p.Path)},
			}
			if len(p.Roles) > 0 {
				live.Spec.Role = engine.ID[Role](aws.ToString(p.Roles[0].RoleName))
			}
			lives = append(lives, live)
		}
	}
	return d.claim(ctx, scope, lives)
}

// claim tells ours from others'. The listing has no tags, so they are asked for
// where the state does not know the profile.
func (d instanceProfiles) claim(ctx context.Context, scope engine.Scope, lives []engine.Live[InstanceProfile]) ([]engine.Live[InstanceProfile], error) {
	group, ctx := errgroup.WithContext(ctx)
	for i := range lives {
		live := &lives[i]
		if isRecorded(scope, live.Spec.Kind(), live.ID) {
			continue
		}
		group.Go(func() error {
			out, err := d.IAM.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: aws.String(live.ID)})
			if err != nil {
				live.Status = engine.Deleting
				return unlessGone(err)
			}
			belongs(scope, live, fromIAM(out.InstanceProfile.Tags))
			return nil
		})
	}
	err := group.Wait()
	return lives, err
}

func (d instanceProfiles) Create(ctx context.Context, id engine.Identity, s InstanceProfile) error {
	_, err := d.IAM.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{
		InstanceProfileName: aws.String(s.Name), Path: aws.String(s.Path), Tags: toIAM(id.Tags),
	})
	return err
}

func (d instanceProfiles) Update(ctx context.Context, is engine.Live[InstanceProfile], want InstanceProfile, _ engine.Fields) error {
	if err := d.empty(ctx, is); err != nil {
		return err
	}
	_, err := d.IAM.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{
		InstanceProfileName: aws.String(is.ID), RoleName: aws.String(want.Role.ID()),
	})
	var full *types.LimitExceededException
	if errors.As(err, &full) {
		return nil // it holds a role that the listing does not show yet; the next one will
	}
	return err
}

func (d instanceProfiles) empty(ctx context.Context, is engine.Live[InstanceProfile]) error {
	if is.Spec.Role.IsZero() {
		return nil
	}
	_, err := d.IAM.RemoveRoleFromInstanceProfile(ctx, &iam.RemoveRoleFromInstanceProfileInput{
		InstanceProfileName: aws.String(is.ID), RoleName: aws.String(is.Spec.Role.ID()),
	})
	return unlessGone(err)
}

func (d instanceProfiles) Delete(ctx context.Context, is engine.Live[InstanceProfile]) error {
	if err := d.empty(ctx, is); err != nil {
		return err
	}
	_, err := d.IAM.DeleteInstanceProfile(ctx, &iam.DeleteInstanceProfileInput{InstanceProfileName: aws.String(is.ID)})
	return err
}

// Tag implements engine.Tagger.
func (d instanceProfiles) Tag(ctx context.Context, id string, set map[string]string, unset []string) error {
	if len(set) > 0 {
		if _, err := d.IAM.TagInstanceProfile(ctx, &iam.TagInstanceProfileInput{InstanceProfileName: aws.String(id), Tags: toIAM(set)}); err != nil {
			return err
		}
	}
	if len(unset) == 0 {
		return nil
	}
	_, err := d.IAM.UntagInstanceProfile(ctx, &iam.UntagInstanceProfileInput{InstanceProfileName: aws.String(id), TagKeys: unset})
	return err
}
