package release

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Unfinished is an archive without a record: what is left of a release whose
// making was killed between the two, unless somebody is at it.
type Unfinished struct {
	Version string    `json:"version"`
	Written time.Time `json:"written"`
}

// abandoned is how old an archive must be to be nobody's work any more.
const abandoned = 24 * time.Hour

// Abandoned are the releases that were begun more than a day ago, by the clock of
// S3, and not finished; the oldest last.
func (s Store) Abandoned(ctx context.Context) ([]Unfinished, error) {
	records, archives, now, err := s.files(ctx)
	if err != nil {
		return nil, err
	}
	all := []Unfinished{}
	for _, version := range newestFirst(archives) {
		_, finished := records[version]
		if !finished && now.Sub(archives[version]) > abandoned {
			all = append(all, Unfinished{Version: version, Written: archives[version]})
		}
	}
	return all, nil
}

// Without are those of the unfinished releases that are none of the versions.
func Without(all []Unfinished, versions []string) []Unfinished {
	return slices.DeleteFunc(slices.Clone(all), func(u Unfinished) bool { return slices.Contains(versions, u.Version) })
}

// Discard takes the archive of an unfinished release away; kept says that
// somebody finished it just now. Create and Discard each look after what they
// did, so that whichever is last leaves a release whole.
func (s Store) Discard(ctx context.Context, version string) (kept bool, err error) {
	archive, err := s.read(ctx, version, archiveFile)
	if _, gone := errors.AsType[*types.NoSuchKey](err); gone {
		return false, nil
	}
	if err == nil {
		_, err = s.S3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String(s.Bucket), Key: aws.String(s.key(version, archiveFile))})
	}
	if err != nil {
		return false, fmt.Errorf("removing the unfinished release %s: %w", version, err)
	}
	// A stop must not come between what was taken away and what puts it back.
	ctx = context.WithoutCancel(ctx)
	_, err = s.read(ctx, version, recordFile)
	if _, none := errors.AsType[*types.NoSuchKey](err); none {
		return false, nil
	}
	_, again := s.put(ctx, version, archiveFile, archive) // also where nobody can tell
	return true, errors.Join(err, again)
}
