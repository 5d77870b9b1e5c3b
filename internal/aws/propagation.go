package aws

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"
	smithymiddleware "github.com/aws/smithy-go/middleware"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// How long a service may not know what another one has made. IAM's changes take
// seconds as a rule and EC2's less, and no call tells when it is over.
const (
	profilePropagation  = 3 * time.Minute
	templatePropagation = 30 * time.Second
)

// notYet is a refusal that passes by itself; Classify knows it.
type notYet struct{ error }

func (e notYet) Unwrap() error { return e.error }

// mayPass reports whether a refusal may be for something that was made a moment
// ago. EC2 and Auto Scaling word this as a parameter that is wrong, under a code
// they use for any other wrong parameter too.
func mayPass(err error) bool {
	var refusal smithy.APIError
	return errors.As(err, &refusal) && slices.Contains([]string{"InvalidParameterValue", "ValidationError"}, refusal.ErrorCode())
}

// youngerThan reports whether something was made less than limit before an
// answer. Both times are AWS's own, so this machine's clock does not count.
func youngerThan(limit time.Duration, made *time.Time, answer smithymiddleware.Metadata) bool {
	now, ok := middleware.GetServerTime(answer)
	return ok && made != nil && now.Sub(*made) < limit
}

// whileNew gives a refusal as notYet while the instance profile is so new that
// it may be the reason.
func (c *Clients) whileNew(ctx context.Context, profile string, err error) error {
	if !mayPass(err) {
		return err
	}
	out, getErr := c.IAM.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: aws.String(profile)})
	if getErr != nil || !youngerThan(profilePropagation, out.InstanceProfile.CreateDate, out.ResultMetadata) {
		return err
	}
	return notYet{err}
}

// whileServiceIsNew gives a refusal as notYet while the service's own role is so
// new that the service may not be able to take it.
func (c *Clients) whileServiceIsNew(ctx context.Context, service string, err error) error {
	if !mayPass(err) {
		return err
	}
	out, listErr := c.IAM.ListRoles(ctx, &iam.ListRolesInput{PathPrefix: aws.String("/aws-service-role/" + service + "/")})
	if listErr != nil || len(out.Roles) == 0 || !youngerThan(profilePropagation, out.Roles[0].CreateDate, out.ResultMetadata) {
		return err
	}
	return notYet{err}
}

// profileName is the name of an instance profile, also where AWS gives its ARN.
func profileName(name, arn string) string {
	if name != "" {
		return name
	}
	return arn[strings.LastIndex(arn, "/")+1:]
}

// unlessGone hides that an object went between a listing and a closer look.
func unlessGone(err error) error {
	if Classify(err) == engine.NotFound {
		return nil
	}
	return err
}

// refs are references to ids that AWS reported.
func refs[K engine.Spec](ids []string) engine.Set[engine.Ref[K]] {
	set := make(engine.Set[engine.Ref[K]], 0, len(ids))
	for _, id := range ids {
		set = append(set, engine.ID[K](id))
	}
	return set
}
