package aws

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"golang.org/x/sync/errgroup"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// LogGroup is a CloudWatch Logs group of the standard class. Services that
// write to a group make it when it is missing, so one that is there already is
// taken over.
type LogGroup struct {
	// Name has at most 512 letters, digits and ./_-#
	Name string `json:"name"`
	// Days is how long events stay: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365,
	// 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653; 0 is for ever.
	// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
	Days int `json:"days"`
}

// Kind implements engine.Spec.
func (LogGroup) Kind() string { return "log-group" }

// Fixed implements engine.Fixer.
func (LogGroup) Fixed() []string { return []string{"name"} }

// Effect implements engine.Affecting.
func (LogGroup) Effect(changed engine.Fields) engine.Effect {
	if changed.Has("days") {
		return engine.Effect{Text: "log events that are older are deleted within three days"}
	}
	return engine.Effect{}
}

// LogGroupARN is the group's ARN, without the :* that means its streams.
func LogGroupARN(r engine.Ref[LogGroup]) engine.Value[string] { return engine.Attr[string](r, "arn") }

type logGroups struct{ *Clients }

// Read lists by prefix, as many times as names have different beginnings that
// are the environment's own.
func (d logGroups) Read(ctx context.Context, scope engine.Scope) ([]engine.Live[LogGroup], error) {
	wanted := names(scope, LogGroup{}.Kind())
	var mu sync.Mutex
	found := map[string]types.LogGroup{}
	group, all := errgroup.WithContext(ctx)
	for _, prefix := range logPrefixes(scope.Project, scope.Environment, wanted) {
		group.Go(func() error {
			pages := cloudwatchlogs.NewDescribeLogGroupsPaginator(d.Logs, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String(prefix)})
			for pages.HasMorePages() {
				page, err := pages.NextPage(all)
				if err != nil {
					return err
				}
				mu.Lock()
				for _, g := range page.LogGroups {
					found[aws.ToString(g.LogGroupName)] = g
				}
				mu.Unlock()
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return each(ctx, slices.Sorted(maps.Keys(found)), func(ctx context.Context, name string) (*engine.Live[LogGroup], error) {
		return d.claim(ctx, scope, found[name], slices.Contains(wanted, name))
	})
}

// logPrefixes are what to list by: the environment's own folder, any folder with
// the names of project and environment in it, else the whole name.
func logPrefixes(project, environment string, names []string) []string {
	prefixes := []string{"/" + project + "/" + environment + "/"}
	for _, name := range names {
		prefix := name
		folder := name[:strings.LastIndex(name, "/")+1]
		if strings.Contains(folder, project) && strings.Contains(folder, environment) {
			prefix = folder
		}
		prefixes = append(prefixes, prefix)
	}
	slices.Sort(prefixes)
	return slices.Compact(prefixes)
}

// claim tells whose a group is, where the state does not know. One without
// tags of ours that has a wanted name was made by the service that writes to it.
func (d logGroups) claim(ctx context.Context, scope engine.Scope, g types.LogGroup, wanted bool) (*engine.Live[LogGroup], error) {
	name := aws.ToString(g.LogGroupName)
	arn := strings.TrimSuffix(aws.ToString(g.Arn), ":*")
	live := &engine.Live[LogGroup]{
		ID: name, Attrs: map[string]any{"arn": arn},
		Spec: LogGroup{Name: name, Days: int(aws.ToInt32(g.RetentionInDays))},
	}
	if isRecorded(scope, live.Spec.Kind(), name) {
		return live, nil
	}
	out, err := d.Logs.ListTagsForResource(ctx, &cloudwatchlogs.ListTagsForResourceInput{ResourceArn: aws.String(arn)})
	if err != nil {
		return nil, unlessGone(err)
	}
	tags := out.Tags
	if tags == nil {
		tags = map[string]string{}
	}
	belongs(scope, live, tags)
	if _, owned := tags[engine.TagProject]; !owned {
		live.Foreign = false
	}
	if live.Address == "" && !wanted {
		return nil, nil
	}
	return live, nil
}

func (d logGroups) Create(ctx context.Context, id engine.Identity, s LogGroup) error {
	_, err := d.Logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String(s.Name), Tags: id.Tags})
	return err
}

func (d logGroups) Update(ctx context.Context, is engine.Live[LogGroup], want LogGroup, _ engine.Fields) error {
	if want.Days == 0 {
		_, err := d.Logs.DeleteRetentionPolicy(ctx, &cloudwatchlogs.DeleteRetentionPolicyInput{LogGroupName: aws.String(is.ID)})
		return err
	}
	_, err := d.Logs.PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{
		LogGroupName: aws.String(is.ID), RetentionInDays: aws.Int32(int32(want.Days)), //nolint:gosec // at most 3653
	})
	return err
}

func (d logGroups) Delete(ctx context.Context, is engine.Live[LogGroup]) error {
	_, err := d.Logs.DeleteLogGroup(ctx, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: aws.String(is.ID)})
	return err
}

// Tag implements engine.Tagger.
func (d logGroups) Tag(ctx context.Context, id string, set map[string]string, unset []string) error {
	arn, err := d.arnOf(ctx, "logs", "log-group:"+id)
	if err != nil {
		return err
	}
	if len(set) > 0 {
		if _, err := d.Logs.TagResource(ctx, &cloudwatchlogs.TagResourceInput{ResourceArn: aws.String(arn), Tags: set}); err != nil {
			return err
		}
	}
	if len(unset) == 0 {
		return nil
	}
	_, err = d.Logs.UntagResource(ctx, &cloudwatchlogs.UntagResourceInput{ResourceArn: aws.String(arn), TagKeys: unset})
	return err
}
