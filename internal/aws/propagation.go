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

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// propagation is how long EC2 may not know an instance profile that IAM has
// made: seconds as a rule, and no call tells when it is over.
const propagation = 3 * time.Minute

// notYet is a refusal that passes by itself; Classify knows it.
type notYet struct{ error }

func (e notYet) Unwrap() error { return e.error }

// whileNew gives a refusal as notYet while the instance profile is so new that
// it may be the reason. EC2 and Auto Scaling word this as a parameter that is
// wrong, under a code they use for any other wrong parameter too. Both times
// are AWS's own, so this machine's clock does not count.
func (c *Clients) whileNew(ctx context.Context, profile string, err error) error {
	var refusal smithy.APIError
	if !errors.As(err, &refusal) || !slices.Contains([]string{"InvalidParameterValue", "ValidationError"}, refusal.ErrorCode()) {
		return err
	}
	out, getErr := c.IAM.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: aws.String(profile)})
	if getErr != nil {
		return err
	}
	now, ok := middleware.GetServerTime(out.ResultMetadata)
	if !ok || now.Sub(aws.ToTime(out.InstanceProfile.CreateDate)) > propagation {
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
