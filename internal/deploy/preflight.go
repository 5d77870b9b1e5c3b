package deploy

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	media "github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/sync/errgroup"

	"github.com/keyedin-app/keyedin-infra/internal/release/bundle"
)

// Problem is what keeps a deployment from beginning, and what to do about it.
type Problem struct {
	What string `json:"what"`
	Fix  string `json:"fix"`
}

// Wish is what is asked of a pre-flight.
type Wish struct {
	Version string
	// Command is whether a command runs before, for which an instance has to be
	// reached.
	Command bool
	// Urgent goes on with instances that are not well and alarms that are on.
	Urgent bool
}

// Ready is what was found before a deployment.
type Ready struct {
	Release  bundle.Release
	Archive  *types.S3Location
	Fleet    Fleet
	UnderWay []Deployment
	// Current is the release of the last deployment that succeeded; "" before the
	// first.
	Current string
	// Hookless is whether the group has lost CodeDeploy's launch hook.
	Hookless bool
	// Alarms are those of the deployment group that are on, with AWS's reason.
	Alarms   map[string]string
	Problems []Problem

	group  *types.DeploymentGroupInfo
	images []ecrtypes.Image // of the release
}

func (r *Ready) problem(fix, what string, args ...any) {
	r.Problems = append(r.Problems, Problem{What: fmt.Sprintf(what, args...), Fix: fix})
}

// Preflight finds out all at once whether a release can be deployed. What AWS
// could not be asked is its error; what is wrong is among the problems.
func (s *Site) Preflight(ctx context.Context, w Wish) (*Ready, error) {
	r := &Ready{}
	var noRelease, noGroup, noFleet error
	g, inner := errgroup.WithContext(ctx)
	missing := map[string]string{} // image → why
	g.Go(func() error {
		r.Release, noRelease = s.Release(inner, w.Version)
		if noRelease != nil {
			return unless(noRelease)
		}
		var err error
		if r.Archive, err = s.archive(inner, w.Version); err != nil {
			return err
		}
		r.images, err = s.images(inner, r.Release.Images, missing)
		return err
	})
	g.Go(func() error { noGroup = s.deploymentGroup(inner, r); return unless(noGroup) })
	g.Go(func() error { r.Fleet, noFleet = s.Fleet(inner); return unless(noFleet) })
	g.Go(func() (err error) { r.UnderWay, err = s.UnderWay(inner); return absent(err) })
	if err := g.Wait(); err != nil {
		return nil, err
	}
	for _, err := range []error{noRelease, noGroup, noFleet} {
		if err != nil {
			r.problem("", "%s", err)
		}
	}
	if noRelease == nil {
		r.judgeRelease(w.Version, missing)
	}
	if noGroup == nil && noFleet == nil {
		r.judgeGroup(s)
		r.judgeFleet(w)
	}
	r.judgeOthers(w)
	return r, nil
}

// unless lets through what is no answer of this package: what AWS could not be
// asked.
func unless(err error) error {
	var api smithy.APIError
	if errors.As(err, &api) || errors.Is(err, context.Canceled) {
		return err
	}
	var call *smithy.OperationError
	if errors.As(err, &call) {
		return err
	}
	return nil
}

// absent is nil where there is no deployment group to have deployments.
func absent(err error) error {
	if gone(err) {
		return nil
	}
	return err
}

func gone(err error) bool {
	_, application := errors.AsType[*types.ApplicationDoesNotExistException](err)
	_, group := errors.AsType[*types.DeploymentGroupDoesNotExistException](err)
	return application || group
}

// archive is what CodeDeploy installs of a release, nil when it is gone. The tag
// keeps anything else from being installed in its place.
func (s *Site) archive(ctx context.Context, version string) (*types.S3Location, error) {
	key := s.Releases + version + "/" + archive
	out, err := s.S3.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(s.Bucket), Key: aws.String(key)})
	var api smithy.APIError
	if errors.As(err, &api) && slices.Contains([]string{"NotFound", "NoSuchKey"}, api.ErrorCode()) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &types.S3Location{
		Bucket: aws.String(s.Bucket), Key: aws.String(key), BundleType: types.BundleTypeZip,
		ETag: aws.String(strings.Trim(aws.ToString(out.ETag), `"`)), Version: out.VersionId,
	}, nil
}

// images finds the images of a release, and those that ECR does not have any
// more.
func (s *Site) images(ctx context.Context, all []bundle.Image, missing map[string]string) ([]ecrtypes.Image, error) {
	var found []ecrtypes.Image
	for _, image := range all {
		out, err := s.ECR.BatchGetImage(ctx, &ecr.BatchGetImageInput{
			RepositoryName: aws.String(image.Repository), ImageIds: []ecrtypes.ImageIdentifier{{ImageDigest: aws.String(image.Digest)}},
			AcceptedMediaTypes: []string{string(media.OCIManifestSchema1), string(media.DockerManifestSchema2)}, // as it was pushed
		})
		if _, none := errors.AsType[*ecrtypes.RepositoryNotFoundException](err); none {
			missing[image.Repository+"@"+image.Digest] = "there is no repository " + image.Repository
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, f := range out.Failures {
			missing[image.Repository+"@"+image.Digest] = aws.ToString(f.FailureReason)
		}
		found = append(found, out.Images...)
	}
	return found, nil
}

// NoDeploymentGroup reports an environment that has none.
type NoDeploymentGroup struct{ Name string }

func (e *NoDeploymentGroup) Error() string {
	return "there is no CodeDeploy deployment group " + e.Name + "; `keyedin apply` makes it"
}

// deploymentGroup reads the group, what it runs and its alarms.
func (s *Site) deploymentGroup(ctx context.Context, r *Ready) error {
	out, err := s.CodeDeploy.GetDeploymentGroup(ctx, &codedeploy.GetDeploymentGroupInput{
		ApplicationName: aws.String(s.Application), DeploymentGroupName: aws.String(s.Application),
	})
	if gone(err) {
		return &NoDeploymentGroup{s.Application}
	}
	if err != nil {
		return err
	}
	r.group = out.DeploymentGroupInfo
	if last := r.group.LastSuccessfulDeployment; last != nil && aws.ToString(last.DeploymentId) != "" {
		d, err := s.Deployment(ctx, aws.ToString(last.DeploymentId))
		if err != nil {
			return err
		}
		r.Current = d.Version
	}
	r.Alarms, err = s.alarms(ctx, r.group)
	return err
}

func (s *Site) alarms(ctx context.Context, group *types.DeploymentGroupInfo) (map[string]string, error) {
	on := map[string]string{}
	if group.AlarmConfiguration == nil || !group.AlarmConfiguration.Enabled || len(group.AlarmConfiguration.Alarms) == 0 {
		return on, nil
	}
	var names []string
	for _, a := range group.AlarmConfiguration.Alarms {
		names = append(names, aws.ToString(a.Name))
	}
	out, err := s.CloudWatch.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{AlarmNames: names, StateValue: cwtypes.StateValueAlarm})
	if err != nil {
		return on, err
	}
	for _, a := range out.MetricAlarms {
		on[aws.ToString(a.AlarmName)] = aws.ToString(a.StateReason)
	}
	return on, nil
}

func (r *Ready) judgeRelease(version string, missing map[string]string) {
	if r.Archive == nil {
		r.problem("make the release again under another version: keyedin release create VERSION",
			"the release %s has no archive any more", version)
	}
	for _, image := range slices.Sorted(maps.Keys(missing)) {
		r.problem("push it again, or deploy another release: keyedin release list", "the image %s is not in ECR: %s", image, missing[image])
	}
}
