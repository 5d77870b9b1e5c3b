package deploy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Record is what keyedin knows of a deployment beside what CodeDeploy does. It
// is kept in the private bucket, an object a deployment.
type Record struct {
	Deployment string    `json:"deployment,omitempty"`
	Kind       string    `json:"kind"`
	Version    string    `json:"version"`
	By         string    `json:"by"`
	Token      string    `json:"token"`
	Started    time.Time `json:"started"`
	// Before is the command that ran before it; nil when none did.
	Before *Before `json:"before,omitempty"`
}

// Before is a command that runs once in the new image before a deployment.
type Before struct {
	Command  string `json:"command"`
	Instance string `json:"instance"`
	// ID is Systems Manager's id of the command; "" until it is known.
	ID string `json:"id,omitempty"`
	// Changed is false when migrations said that there was nothing to migrate.
	Changed bool `json:"changed"`
}

// folder is where the records of an environment are.
func (s *Site) folder() string { return "deployments/" + s.Environment + "/" }

// pending is the name of the record of a deployment that has not begun: its
// command before runs, or has run.
const pending = "pending"

// Record reads that of a deployment; nil where there is none.
func (s *Site) Record(ctx context.Context, deployment string) (*Record, error) {
	out, err := s.S3.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(s.Bucket), Key: aws.String(s.folder() + deployment + ".json")})
	if _, none := errors.AsType[*types.NoSuchKey](err); none {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer out.Body.Close()
	body, err := io.ReadAll(out.Body)
	if err != nil {
		return nil, err
	}
	r := &Record{}
	return r, json.Unmarshal(body, r)
}

// Pending is the record of a deployment that has not begun yet; nil: none.
func (s *Site) Pending(ctx context.Context) (*Record, error) { return s.Record(ctx, pending) }

// keep writes a record under a name.
func (s *Site) keep(ctx context.Context, name string, r Record) error {
	body, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	_, err = s.S3.PutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String(s.Bucket), Key: aws.String(s.folder() + name + ".json"),
		Body: bytes.NewReader(body), ContentType: aws.String("application/json"),
	})
	return err
}

// Begun keeps the record of a deployment that has begun.
func (s *Site) Begun(ctx context.Context, r Record) error {
	if err := s.keep(ctx, r.Deployment, r); err != nil {
		return err
	}
	return s.forget(ctx)
}

// forget takes the pending record away.
func (s *Site) forget(ctx context.Context) error {
	_, err := s.S3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String(s.Bucket), Key: aws.String(s.folder() + pending + ".json")})
	return err
}
