package deploy

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// Look is a deployment as it is now, on each instance.
type Look struct {
	Deployment
	Targets []Target `json:"instances"`
}

// Target is how far it is on an instance.
type Target struct {
	ID string `json:"id"`
	// Status is AWS's word: Pending, InProgress, Succeeded, Failed, Skipped, Ready.
	Status string  `json:"status"`
	Events []Event `json:"-"`
}

// Event is one step of a deployment on an instance.
type Event struct {
	// Name is AWS's: ApplicationStop, BlockTraffic …
	Name    string    `json:"event"`
	Status  string    `json:"status"`
	Started time.Time `json:"-"`
	Ended   time.Time `json:"-"`
	// Code, Script, Message and Log are of one that failed.
	Code    string   `json:"code,omitempty"`
	Script  string   `json:"script,omitempty"`
	Message string   `json:"message,omitempty"`
	Log     []string `json:"log,omitempty"`
}

// Failed is the step that failed on an instance; nil when none did.
func (t Target) Failed() *Event {
	for i, e := range t.Events {
		if e.Status == string(types.LifecycleEventStatusFailed) {
			return &t.Events[i]
		}
	}
	return nil
}

// shown is how many lines of a script's output are kept.
const shown = 30

func parseTarget(t *types.InstanceTarget) Target {
	target := Target{ID: instanceOf(aws.ToString(t.TargetId)), Status: string(t.Status)}
	for _, e := range t.LifecycleEvents {
		event := Event{
			Name: aws.ToString(e.LifecycleEventName), Status: string(e.Status),
			Started: aws.ToTime(e.StartTime), Ended: aws.ToTime(e.EndTime),
		}
		if d := e.Diagnostics; d != nil && d.ErrorCode != types.LifecycleErrorCodeSuccess {
			event.Code, event.Script, event.Message = string(d.ErrorCode), aws.ToString(d.ScriptName), aws.ToString(d.Message)
			event.Log = lastLines(aws.ToString(d.LogTail), shown)
		}
		target.Events = append(target.Events, event)
	}
	return target
}

// instanceOf is the instance's id, which AWS gives as the end of an ARN at times.
func instanceOf(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }

func lastLines(text string, n int) []string {
	text = strings.TrimRight(text, "\n")
	if text == "" {
		return nil
	}
	lines := strings.Split(text, "\n")
	return lines[max(0, len(lines)-n):]
}

// Look reads a deployment with its instances.
func (s *Site) Look(ctx context.Context, id string) (Look, error) {
	d, err := s.Deployment(ctx, id)
	if err != nil {
		return Look{}, err
	}
	targets, err := s.targets(ctx, id)
	return Look{d, targets}, err
}

// targets are a deployment's instances, none where it has not begun.
func (s *Site) targets(ctx context.Context, id string) ([]Target, error) {
	in := &codedeploy.ListDeploymentTargetsInput{DeploymentId: aws.String(id)}
	all := []Target{}
	for more := true; more; more = aws.ToString(in.NextToken) != "" {
		page, err := s.CodeDeploy.ListDeploymentTargets(ctx, in)
		if _, early := errors.AsType[*types.DeploymentNotStartedException](err); early {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		in.NextToken = page.NextToken
		for some := range slices.Chunk(page.TargetIds, described) {
			out, err := s.CodeDeploy.BatchGetDeploymentTargets(ctx, &codedeploy.BatchGetDeploymentTargetsInput{
				DeploymentId: aws.String(id), TargetIds: some,
			})
			if err != nil {
				return nil, err
			}
			for _, t := range out.DeploymentTargets {
				if t.InstanceTarget != nil {
					all = append(all, parseTarget(t.InstanceTarget))
				}
			}
		}
	}
	slices.SortFunc(all, func(a, b Target) int { return strings.Compare(a.ID, b.ID) })
	return all, nil
}

// Watch looks at a deployment until it has ended, and tells on of each look.
// The end of the watch is not that of the deployment.
func (s *Site) Watch(ctx context.Context, id string, on func(Look)) (Look, error) {
	pause, last := s.looks(), Look{}
	for {
		now, err := s.Look(ctx, id)
		if err != nil {
			return now, err
		}
		if !reflect.DeepEqual(now, last) {
			pause, last = s.looks(), now // something moves: what comes next may be near
		}
		on(now)
		if !now.Running() {
			return now, nil
		}
		if err := pause(ctx); err != nil {
			return now, err
		}
	}
}

// patience is how many looks are taken for what AWS begins by itself when a
// deployment has ended.
const patience = 12

// TakenBack is the id of the deployment that takes back one that failed or was
// stopped; "" when AWS begins none.
func (s *Site) TakenBack(ctx context.Context, d Deployment, asked bool) (string, error) {
	if d.Rollback != "" || !asked && !d.takesBack {
		return d.Rollback, nil
	}
	if past, err := s.deployments(ctx, 1, types.DeploymentStatusSucceeded); err != nil || len(past) == 0 {
		return "", err // there is nothing to go back to
	}
	pause := s.looks()
	for range patience {
		now, err := s.Deployment(ctx, d.ID)
		if err != nil || now.Rollback != "" || now.RollbackWhy != "" {
			return now.Rollback, err
		}
		under, err := s.UnderWay(ctx)
		if err != nil {
			return "", err
		}
		for _, other := range under {
			if other.RollbackOf == d.ID {
				return other.ID, nil
			}
		}
		if err := pause(ctx); err != nil {
			return "", err
		}
	}
	return "", nil
}
