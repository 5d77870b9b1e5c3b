// Package s3 keeps the state and the lock of an environment in a bucket of Amazon S3.
//
// It knows S3's conditional requests, error codes and clock. It knows nothing of states and locks: those are the
// bytes that package state reads, writes and removes through it.
package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/keyedin-app/keyedin-infra/internal/state"
)

// API is what of S3 is used: s3:GetObject, s3:PutObject and s3:DeleteObject on infrastructure/*, and s3:ListBucket
// on the bucket, without which S3 answers "denied" instead of "not found".
type API interface {
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
	DeleteObject(context.Context, *s3.DeleteObjectInput, ...func(*s3.Options)) (*s3.DeleteObjectOutput, error)
}

// Options of a store; the zero value is right outside of tests.
type Options struct {
	Account string // refuse a bucket of any other account; 12 digits, empty: do not ask
	State   state.Options
}

// Open is the store of one environment in a bucket. It makes no call.
func Open(client API, bucket, environment string, opt Options) *state.Remote {
	o := &objects{client: client, bucket: aws.String(bucket)}
	if opt.Account != "" {
		o.owner = aws.String(opt.Account)
	}
	return state.Open(o, environment, opt.State)
}

type objects struct {
	client API
	bucket *string
	owner  *string
}

func (o *objects) Name(key string) string { return "s3://" + *o.bucket + "/" + key }

// Read takes both times from S3: Last-Modified of the object and Date of the answer.
func (o *objects) Read(ctx context.Context, key string) (state.Item, error) {
	var lastErr error
	for range 3 { // the SDK does not repeat an answer that breaks off in its body
		out, err := o.client.GetObject(ctx, &s3.GetObjectInput{Bucket: o.bucket, Key: &key, ExpectedBucketOwner: o.owner})
		if err != nil {
			return state.Item{}, classify(err)
		}
		body, err := io.ReadAll(out.Body)
		_ = out.Body.Close()
		if err != nil {
			lastErr = err
			continue
		}
		seen, ok := middleware.GetServerTime(out.ResultMetadata)
		if !ok {
			seen = time.Now()
		}
		return state.Item{Body: body, Tag: aws.ToString(out.ETag), Written: aws.ToTime(out.LastModified), Seen: seen}, nil
	}
	return state.Item{}, lastErr
}

// Write sends If-None-Match: * or If-Match.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
func (o *objects) Write(ctx context.Context, key string, body []byte, match string) (string, error) {
	in := &s3.PutObjectInput{
		Bucket: o.bucket, Key: &key, ExpectedBucketOwner: o.owner,
		Body: bytes.NewReader(body), ContentType: aws.String("application/json"),
	}
	if match == "" {
		in.IfNoneMatch = aws.String("*")
	} else {
		in.IfMatch = &match
	}
	out, err := o.client.PutObject(ctx, in, retryConflicts)
	if err != nil {
		return "", classify(err)
	}
	return aws.ToString(out.ETag), nil
}

// Remove sends If-Match, which needs s3:GetObject beside s3:DeleteObject.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
func (o *objects) Remove(ctx context.Context, key, match string) error {
	in := &s3.DeleteObjectInput{Bucket: o.bucket, Key: &key, ExpectedBucketOwner: o.owner, IfMatch: &match}
	_, err := o.client.DeleteObject(ctx, in, retryConflicts)
	return classify(err)
}

// retryConflicts has the SDK repeat what S3 answers when two conditional requests meet: neither was decided, both
// are to be sent again. Its default of three attempts is too few when many meet.
func retryConflicts(o *s3.Options) {
	o.Retryer = retry.AddWithErrorCodes(o.Retryer, "ConditionalRequestConflict")
	if o.Retryer.MaxAttempts() < 8 {
		o.Retryer = retry.AddWithMaxAttempts(o.Retryer, 8)
	}
}

// classify names what a store decides by; any other error stays as the SDK gave it.
func classify(err error) error {
	if err == nil {
		return nil
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		switch api.ErrorCode() {
		case "NoSuchBucket":
			return state.ErrNoBucket
		case "NoSuchKey":
			return state.ErrNone
		case "AccessDenied":
			return fmt.Errorf("%w: %w", state.ErrDenied, err)
		}
	}
	if answer, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		switch answer.HTTPStatusCode() {
		case http.StatusPreconditionFailed:
			return fmt.Errorf("%w: %w", state.ErrChanged, err)
		case http.StatusNotFound:
			return state.ErrNone
		}
	}
	return err
}
