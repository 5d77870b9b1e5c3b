package aws

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// BucketTaken reports a bucket name that belongs to someone else. Key is where
// keyedin.yaml names it.
type BucketTaken struct{ Name, Key string }

func (e *BucketTaken) Error() string {
	return fmt.Sprintf("the bucket name %q is taken, by another AWS account or another environment, and bucket names are unique in all of AWS; "+
		"choose another one in keyedin.yaml: %s", e.Name, e.Key)
}

// BucketElsewhere reports a bucket that exists in another region.
type BucketElsewhere struct{ Name, Key, Region, Want string }

func (e *BucketElsewhere) Error() string {
	return fmt.Sprintf("the bucket %q exists in %s, not in %s, and a bucket cannot be moved; choose another name in keyedin.yaml: %s", e.Name, e.Region, e.Want, e.Key)
}

// httpStatus is the status AWS answered an error with, or 0. An answer to a
// HEAD has no body, and so no code.
func httpStatus(err error) int {
	var response *smithyhttp.ResponseError
	if !errors.As(err, &response) {
		return 0
	}
	return response.HTTPStatusCode()
}

// elsewhere recognises S3's answers for a bucket of another region, which name
// that region in a header.
func elsewhere(err error, name, key, want string) error {
	var response *smithyhttp.ResponseError
	if !errors.As(err, &response) || response.Response == nil {
		return err
	}
	region := response.Response.Header.Get("X-Amz-Bucket-Region")
	moved := response.HTTPStatusCode() == http.StatusMovedPermanently || response.HTTPStatusCode() == http.StatusBadRequest
	if !moved || region == "" || region == want {
		return err
	}
	return &BucketElsewhere{Name: name, Key: key, Region: region, Want: want}
}

// settling has the SDK repeat a change of a bucket's settings while S3 is still
// busy with the last one, or does not know the new bucket everywhere.
func settling(o *s3.Options) {
	o.Retryer = retry.AddWithErrorCodes(o.Retryer, "OperationAborted", "NoSuchBucket")
}

// opening is settling for a policy that lets the public in: S3 denies it while
// it still sees the Block Public Access that was lifted a moment ago, which is
// the same answer as for one that stays, so it is not repeated for long.
func opening(o *s3.Options) {
	settling(o)
	o.Retryer = retry.AddWithMaxAttempts(retry.AddWithErrorCodes(o.Retryer, "AccessDenied"), openingAttempts)
}

// openingAttempts are 15 seconds on average, with the SDK's growing pauses.
const openingAttempts = 6
