// Package release makes releases: it finds the images of one wherever they are,
// brings them to ECR, and keeps the release in the private bucket, where it never
// changes. It knows registries, image files and the bucket; what is in a release's
// archive bundle knows, and how one is deployed neither does.
package release

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"

	"github.com/keyedin-app/keyedin-infra/internal/release/bundle"
)

// The objects of a release, in a folder that has its name. It exists once the
// record is there, which is written last.
const (
	archiveFile = "bundle.zip"
	recordFile  = "release.json"
)

// atOnce is how many objects are read at the same time.
const atOnce = 8

// Store is where releases are kept.
type Store struct {
	S3     *s3.Client
	Bucket string
	// Prefix is what keys begin with; it ends in a slash.
	Prefix string
}

// VersionOf is the release that the object with a key belongs to, "" for one of
// none.
func (s Store) VersionOf(key string) string {
	version, file, ok := strings.Cut(strings.TrimPrefix(key, s.Prefix), "/")
	if !ok || !strings.HasPrefix(key, s.Prefix) || file != archiveFile && file != recordFile || bundle.CheckVersion(version) != nil {
		return ""
	}
	return version
}

// Create keeps a release for good. What an earlier try left of the same content
// it goes on with; made is false if all was there. Its error is a Differs when
// the version has other content.
func (s Store) Create(ctx context.Context, archive []byte, r bundle.Release) (kept bundle.Release, made bool, err error) {
	begun, err := s.put(ctx, r.Version, archiveFile, archive)
	if err != nil {
		return r, false, err
	}
	if begun {
		have, body, err := s.archived(ctx, r.Version)
		if err != nil {
			return r, false, err
		}
		if have.Content != r.Content {
			return r, false, &Differs{Have: have, Want: r}
		}
		r, archive = have, body // who was first made it
	}
	record, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return r, false, err
	}
	taken, err := s.put(ctx, r.Version, recordFile, append(record, '\n'))
	if err == nil && begun && !taken { // Discard may have taken it for abandoned just then
		_, err = s.put(ctx, r.Version, archiveFile, archive)
	}
	return r, !taken, err
}

// archived is the release that the archive of a version is of, and the archive.
func (s Store) archived(ctx context.Context, version string) (bundle.Release, []byte, error) {
	body, err := s.read(ctx, version, archiveFile)
	if err != nil {
		return bundle.Release{}, nil, err
	}
	r, err := bundle.Read(body)
	if err != nil {
		return r, nil, &Broken{Bucket: s.Bucket, Key: s.key(version, archiveFile), Why: err}
	}
	return r, body, nil
}

func (s Store) key(version, file string) string { return s.Prefix + version + "/" + file }

// put writes an object where there is none; taken is whether there was one.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
func (s Store) put(ctx context.Context, version, file string, body []byte) (taken bool, err error) {
	_, err = s.S3.PutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String(s.Bucket), Key: aws.String(s.key(version, file)), Body: bytes.NewReader(body),
		ContentType: aws.String(contentTypes[file]), IfNoneMatch: aws.String("*"),
	}, func(o *s3.Options) { // two at once: neither was decided, both may try again
		o.Retryer = retry.AddWithErrorCodes(o.Retryer, "ConditionalRequestConflict")
	})
	if answer, ok := errors.AsType[*awshttp.ResponseError](err); ok && answer.HTTPStatusCode() == http.StatusPreconditionFailed {
		return true, nil
	}
	return false, err
}

var contentTypes = map[string]string{archiveFile: "application/zip", recordFile: "application/json"}

func (s Store) read(ctx context.Context, version, file string) ([]byte, error) {
	out, err := s.S3.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(s.Bucket), Key: aws.String(s.key(version, file))})
	if err != nil {
		return nil, err
	}
	defer out.Body.Close()
	return io.ReadAll(out.Body)
}

// Get is a release. Its error is a NoRelease when there is none.
func (s Store) Get(ctx context.Context, version string) (bundle.Release, error) {
	r, err := s.get(ctx, version)
	if _, none := errors.AsType[*types.NoSuchKey](err); !none {
		return r, err
	}
	missing := &NoRelease{Version: version}
	if all, err := s.Versions(ctx); err == nil { // what may have been meant is only a help
		missing.Near = near(version, all)
	}
	return r, missing
}

func (s Store) get(ctx context.Context, version string) (r bundle.Release, err error) {
	body, err := s.read(ctx, version, recordFile)
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(body, &r); err != nil {
		return r, &Broken{Bucket: s.Bucket, Key: s.key(version, recordFile), Why: err}
	}
	return r, nil
}

// List are all releases, the newest first.
func (s Store) List(ctx context.Context) ([]bundle.Release, error) {
	versions, err := s.Versions(ctx)
	if err != nil {
		return nil, err
	}
	all, mu := []bundle.Release{}, sync.Mutex{}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for _, version := range versions {
		g.Go(func() error {
			r, err := s.get(ctx, version)
			if _, gone := errors.AsType[*types.NoSuchKey](err); gone {
				return nil // removed meanwhile
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, r)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b bundle.Release) int {
		return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(b.Version, a.Version))
	})
	return all, nil
}

// Versions are the names of all releases, the one that was written last first.
func (s Store) Versions(ctx context.Context) ([]string, error) {
	written, _, _, err := s.files(ctx)
	if err != nil {
		return nil, err
	}
	return newestFirst(written), nil
}

// files are when records and archives were written, by version, and what time it
// is at S3.
func (s Store) files(ctx context.Context) (records, archives map[string]time.Time, now time.Time, err error) {
	records, archives = map[string]time.Time{}, map[string]time.Time{}
	pages := s3.NewListObjectsV2Paginator(s.S3, &s3.ListObjectsV2Input{Bucket: aws.String(s.Bucket), Prefix: aws.String(s.Prefix)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, nil, now, err
		}
		if t, ok := middleware.GetServerTime(page.ResultMetadata); ok {
			now = t
		}
		for _, o := range page.Contents {
			switch version := s.VersionOf(aws.ToString(o.Key)); {
			case version == "":
			case strings.HasSuffix(aws.ToString(o.Key), "/"+recordFile):
				records[version] = aws.ToTime(o.LastModified)
			default:
				archives[version] = aws.ToTime(o.LastModified)
			}
		}
	}
	return records, archives, now, nil
}

func newestFirst(written map[string]time.Time) []string {
	return slices.SortedFunc(maps.Keys(written), func(a, b string) int {
		return cmp.Or(written[b].Compare(written[a]), cmp.Compare(b, a))
	})
}

// Remove takes a release away, its record last: it is listed until all is gone.
func (s Store) Remove(ctx context.Context, version string) error {
	for _, file := range []string{archiveFile, recordFile} {
		if _, err := s.S3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String(s.Bucket), Key: aws.String(s.key(version, file))}); err != nil {
			return fmt.Errorf("removing release %s: %w", version, err)
		}
	}
	return nil
}
