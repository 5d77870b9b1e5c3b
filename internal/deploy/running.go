package deploy

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// back is how many deployments are looked through for what instances run. An
// instance that was launched has one of its own.
const back = 50

// Runs says which release each instance runs: that of its newest deployment that
// ended, or "" where it failed, is under way, or is not known.
func (s *Site) Runs(ctx context.Context, instances []string) (map[string]string, error) {
	runs := map[string]string{}
	left := map[string]bool{}
	for _, id := range instances {
		left[id], runs[id] = true, ""
	}
	if len(left) == 0 {
		return runs, nil
	}
	all, err := s.deployments(ctx, back)
	if err != nil {
		return nil, err
	}
	for _, d := range all {
		targets, err := s.targets(ctx, d.ID)
		if err != nil {
			return nil, err
		}
		for _, t := range targets {
			if !left[t.ID] {
				continue
			}
			switch types.TargetStatus(t.Status) {
			case types.TargetStatusSucceeded:
				runs[t.ID] = d.Version
			case types.TargetStatusPending, types.TargetStatusSkipped:
				continue // nothing was done to it
			}
			delete(left, t.ID)
		}
		if len(left) == 0 {
			break
		}
	}
	return runs, nil
}
