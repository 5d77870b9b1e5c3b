package deploy

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// Past is a release that was deployed to all instances, and could be again.
type Past struct {
	Version string    `json:"version"`
	When    time.Time `json:"when"`
	By      string    `json:"by,omitempty"`
	// Deployment is the one that brought it.
	Deployment string `json:"deployment"`
	Kind       string `json:"kind,omitempty"`
}

// remembered is how many deployments a history is made from.
const remembered = 50

// History are the deployments that people began and that succeeded, most recent
// first.
func (s *Site) History(ctx context.Context) ([]Past, error) {
	all, err := s.deployments(ctx, remembered, types.DeploymentStatusSucceeded)
	if err != nil {
		return nil, err
	}
	past := []Past{}
	for _, d := range all {
		if d.Version == "" || d.Creator != string(types.DeploymentCreatorUser) {
			continue
		}
		past = append(past, Past{Version: d.Version, When: d.Created, By: d.By, Deployment: d.ID, Kind: d.Kind})
	}
	return past, nil
}

// Versions are those of all deployments that AWS remembers, however they ended.
func (s *Site) Versions(ctx context.Context) ([]string, error) {
	all, err := s.deployments(ctx, math.MaxInt)
	var versions []string
	for _, d := range all {
		versions = append(versions, d.Version, d.Before)
	}
	return versions, err
}

// Previous is the release to go back to, "" when there is none: the one before
// the current. A rollback takes the releases after the one it goes to out of the
// row, so that a second one goes further back.
func Previous(history []Past) string {
	var row []string
	for _, p := range slices.Backward(history) {
		if at := slices.Index(row, p.Version); at >= 0 && p.Kind == KindRollback {
			row = row[:at+1]
			continue
		}
		row = append(slices.DeleteFunc(row, func(v string) bool { return v == p.Version }), p.Version)
	}
	if len(row) < 2 {
		return ""
	}
	return row[len(row)-2]
}

// Between are the commands that ran before the deployments after the one that
// brought a version last, and may have changed the database.
func (s *Site) Between(ctx context.Context, history []Past, version string) ([]Record, error) {
	var changed []Record
	for _, p := range history {
		if p.Version == version {
			break
		}
		r, err := s.Record(ctx, p.Deployment)
		if err != nil {
			return nil, err
		}
		if r != nil && r.Before != nil && r.Before.Changed {
			changed = append(changed, *r)
		}
	}
	return changed, nil
}
