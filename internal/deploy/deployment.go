package deploy

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// Kinds of deployments that keyedin starts.
const (
	KindDeploy   = "deploy"
	KindRollback = "rollback"
)

// Deployment is one of CodeDeploy's.
type Deployment struct {
	ID      string `json:"id"`
	Version string `json:"version,omitempty"`
	// Status is AWS's own word: Created, Queued, InProgress, Baking, Succeeded,
	// Failed, Stopped, Ready.
	Status string `json:"status"`
	// Creator is AWS's word too: user, autoscaling for an instance that was
	// launched, codeDeployRollback, CodeDeployAutoUpdate.
	Creator string `json:"creator"`
	// Kind is deploy or rollback, By who started it; empty for one that was not
	// started with keyedin.
	Kind string `json:"kind,omitempty"`
	By   string `json:"by,omitempty"`

	Created time.Time `json:"created,omitzero"`
	Ended   time.Time `json:"ended,omitzero"`
	// Code and Reason are why it failed.
	Code   string `json:"code,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Before is the version that was there before.
	Before string `json:"before,omitempty"`
	// Rollback is the deployment that takes it back, RollbackOf the one that this
	// takes back; RollbackWhy is what AWS says of it.
	Rollback    string `json:"rollback,omitempty"`
	RollbackOf  string `json:"rollback-of,omitempty"`
	RollbackWhy string `json:"-"`

	token string
	// takesBack is whether AWS begins a rollback when it fails.
	takesBack bool
}

// running are the states of one that is under way.
func running() []types.DeploymentStatus {
	return []types.DeploymentStatus{
		types.DeploymentStatusCreated, types.DeploymentStatusQueued, types.DeploymentStatusInProgress,
		types.DeploymentStatusBaking, types.DeploymentStatusReady,
	}
}

// Running reports whether AWS is still at it.
func (d Deployment) Running() bool {
	return slices.Contains(running(), types.DeploymentStatus(d.Status))
}

// Succeeded reports whether it reached all instances.
func (d Deployment) Succeeded() bool { return d.Status == string(types.DeploymentStatusSucceeded) }

// Single reports whether it is for instances that came later: one that was just
// launched, or those that were during a deployment. It keeps no other away.
func (d Deployment) Single() bool { return d.Creator == string(types.DeploymentCreatorAutoscaling) }

// toAll reports whether it keeps others away, and its instances out of the load
// balancer in turn.
func (d Deployment) toAll() bool { return !d.Single() }

// ours is how keyedin describes what it starts.
var ours = regexp.MustCompile(`^keyedin (deploy|rollback) (\S+) by (.*) \[([0-9A-Za-z-]+)\]$`)

func describe(kind, version, by, token string) string {
	return "keyedin " + kind + " " + version + " by " + by + " [" + token + "]"
}

func parse(i *types.DeploymentInfo) Deployment {
	d := Deployment{
		ID: aws.ToString(i.DeploymentId), Status: string(i.Status), Creator: string(i.Creator),
		Version: VersionOf(i.Revision), Before: VersionOf(i.PreviousRevision),
		Created: aws.ToTime(i.CreateTime), Ended: aws.ToTime(i.CompleteTime),
	}
	if m := ours.FindStringSubmatch(aws.ToString(i.Description)); m != nil && i.Creator == types.DeploymentCreatorUser {
		d.Kind, d.By, d.token = m[1], m[3], m[4]
	}
	if i.ErrorInformation != nil {
		d.Code, d.Reason = string(i.ErrorInformation.Code), aws.ToString(i.ErrorInformation.Message)
	}
	if r := i.RollbackInfo; r != nil {
		d.Rollback, d.RollbackOf = aws.ToString(r.RollbackDeploymentId), aws.ToString(r.RollbackTriggeringDeploymentId)
		d.RollbackWhy = aws.ToString(r.RollbackMessage)
	}
	if a := i.AutoRollbackConfiguration; a != nil && a.Enabled {
		event := types.AutoRollbackEventDeploymentFailure
		if i.Status == types.DeploymentStatusStopped {
			event = types.AutoRollbackEventDeploymentStopOnRequest
			if d.Code == string(types.ErrorCodeAlarmActive) {
				event = types.AutoRollbackEventDeploymentStopOnAlarm
			}
		}
		d.takesBack = slices.Contains(a.Events, event)
	}
	return d
}

// archive is the object in a release's folder that CodeDeploy installs.
const archive = "bundle.zip"

// VersionOf is the release that a revision is of; "" for one that is none of
// keyedin's. The folder its archive is in has the release's name.
func VersionOf(r *types.RevisionLocation) string {
	if r == nil || r.S3Location == nil {
		return ""
	}
	folder, ok := strings.CutSuffix(aws.ToString(r.S3Location.Key), "/"+archive)
	if !ok {
		return ""
	}
	return folder[strings.LastIndexByte(folder, '/')+1:]
}

// Deployment reads one.
func (s *Site) Deployment(ctx context.Context, id string) (Deployment, error) {
	out, err := s.CodeDeploy.GetDeployment(ctx, &codedeploy.GetDeploymentInput{DeploymentId: aws.String(id)})
	if err != nil {
		return Deployment{}, err
	}
	return parse(out.DeploymentInfo), nil
}

// described is how many deployments AWS describes in one call.
// https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_BatchGetDeployments.html
const described = 25

// deployments are the group's newest of some states (none: all), most recent
// first, at least as many as asked for where there are as many.
func (s *Site) deployments(ctx context.Context, least int, states ...types.DeploymentStatus) ([]Deployment, error) {
	pages := codedeploy.NewListDeploymentsPaginator(s.CodeDeploy, &codedeploy.ListDeploymentsInput{
		ApplicationName: aws.String(s.Application), DeploymentGroupName: aws.String(s.Application), IncludeOnlyStatuses: states,
	})
	var ids []string
	for pages.HasMorePages() && len(ids) < least {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		ids = append(ids, page.Deployments...)
	}
	var all []Deployment
	for some := range slices.Chunk(ids, described) {
		out, err := s.CodeDeploy.BatchGetDeployments(ctx, &codedeploy.BatchGetDeploymentsInput{DeploymentIds: some})
		if err != nil {
			return nil, err
		}
		for i := range out.DeploymentsInfo {
			all = append(all, parse(&out.DeploymentsInfo[i]))
		}
	}
	// Neither call promises an order.
	slices.SortStableFunc(all, func(a, b Deployment) int { return b.Created.Compare(a.Created) })
	return all, nil
}

// UnderWay are the deployments that AWS is at, most recent first.
func (s *Site) UnderWay(ctx context.Context) ([]Deployment, error) {
	return s.deployments(ctx, described, running()...)
}

// Newest is the most recent deployment to all instances; the zero Deployment
// says that there was none.
func (s *Site) Newest(ctx context.Context) (Deployment, error) {
	all, err := s.deployments(ctx, described)
	if err != nil {
		return Deployment{}, err
	}
	for _, d := range all {
		if !d.Single() {
			return d, nil
		}
	}
	return Deployment{}, nil
}
