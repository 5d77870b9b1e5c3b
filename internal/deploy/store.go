package deploy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/keyedin-app/keyedin-infra/internal/release/bundle"
)

// Stored reads a release of the bucket.
func (s *Site) Stored(ctx context.Context, version string) (bundle.Release, error) {
	out, err := s.S3.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(s.Bucket), Key: aws.String(s.Releases + version + "/release.json")})
	if _, none := errors.AsType[*types.NoSuchKey](err); none {
		return bundle.Release{}, fmt.Errorf("there is no release %q; `keyedin release list` lists them", version)
	}
	if err != nil {
		return bundle.Release{}, err
	}
	defer out.Body.Close()
	body, err := io.ReadAll(out.Body)
	if err != nil {
		return bundle.Release{}, err
	}
	var r bundle.Release
	return r, json.Unmarshal(body, &r)
}
