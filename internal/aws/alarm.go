package aws

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"golang.org/x/sync/errgroup"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// Alarm watches one CloudWatch metric.
type Alarm struct {
	// Name has 1 to 255 characters, unique in the region.
	Name        string `json:"name"`
	Description string `json:"description"`
	Namespace   string `json:"namespace"`
	Metric      string `json:"metric"`
	// Dimensions say which thing's metric; at most 30.
	Dimensions map[string]engine.Value[string] `json:"dimensions"`
	// Statistic is SampleCount, Average, Sum, Minimum, Maximum, or a percentile such
	// as p95.
	Statistic string `json:"statistic"`
	// Period is in seconds: 10, 20, 30, or a multiple of 60.
	Period int `json:"period"`
	// Periods are looked at each time, and Datapoints of them must be bad. They last
	// a day at most, or a week if a Period is an hour and more.
	Periods    int     `json:"evaluation-periods"`
	Datapoints int     `json:"datapoints"`
	Threshold  float64 `json:"threshold"`
	// Comparison is such as GreaterThanThreshold.
	Comparison string `json:"comparison"`
	// Missing is what periods without data count as: notBreaching, breaching, ignore
	// or missing.
	Missing string `json:"missing-data"`
	// Actions are told when the alarm goes off, OKActions when it is over; at most
	// 5 each.
	Actions   engine.Set[engine.Ref[Topic]] `json:"actions"`
	OKActions engine.Set[engine.Ref[Topic]] `json:"ok-actions"`
	// Silent keeps the alarm from telling anyone. It is never wanted, and shows when
	// someone has switched the actions off.
	Silent bool `json:"silent"`
}

// Kind implements engine.Spec.
func (Alarm) Kind() string { return "alarm" }

// Fixed implements engine.Fixer.
func (Alarm) Fixed() []string { return []string{"name"} }

type alarms struct{ *Clients }

// Read asks for alarms by name, a hundred at a time. The answer has no tags, so
// they are asked for where the state does not know the alarm.
func (d alarms) Read(ctx context.Context, scope engine.Scope) ([]engine.Live[Alarm], error) {
	var lives []engine.Live[Alarm]
	for some := range slices.Chunk(names(scope, Alarm{}.Kind()), 100) {
		out, err := d.CloudWatch.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{AlarmNames: some, MaxRecords: aws.Int32(100)})
		if err != nil {
			return nil, err
		}
		for _, a := range out.MetricAlarms {
			lives = append(lives, engine.Live[Alarm]{
				ID: aws.ToString(a.AlarmName), Spec: parseAlarm(a), Attrs: map[string]any{"arn": aws.ToString(a.AlarmArn)},
			})
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	for i := range lives {
		if live := &lives[i]; !isRecorded(scope, live.Spec.Kind(), live.ID) {
			group.Go(func() error { return d.claim(ctx, scope, live) })
		}
	}
	err := group.Wait()
	return lives, err
}

func (d alarms) claim(ctx context.Context, scope engine.Scope, live *engine.Live[Alarm]) error {
	arn, _ := live.Attrs["arn"].(string)
	out, err := d.CloudWatch.ListTagsForResource(ctx, &cloudwatch.ListTagsForResourceInput{ResourceARN: aws.String(arn)})
	if err != nil {
		live.Status = engine.Deleting
		return unlessGone(err)
	}
	belongs(scope, live, tagMap(out.Tags, func(t types.Tag) (*string, *string) { return t.Key, t.Value }))
	return nil
}

func parseAlarm(a types.MetricAlarm) Alarm {
	s := Alarm{
		Name: aws.ToString(a.AlarmName), Description: aws.ToString(a.AlarmDescription),
		Namespace: aws.ToString(a.Namespace), Metric: aws.ToString(a.MetricName),
		Dimensions: map[string]engine.Value[string]{},
		Statistic:  cmp.Or(string(a.Statistic), aws.ToString(a.ExtendedStatistic)), Period: int(aws.ToInt32(a.Period)),
		Periods: int(aws.ToInt32(a.EvaluationPeriods)), Threshold: aws.ToFloat64(a.Threshold),
		Datapoints: int(cmp.Or(aws.ToInt32(a.DatapointsToAlarm), aws.ToInt32(a.EvaluationPeriods))),
		Comparison: string(a.ComparisonOperator), Missing: cmp.Or(aws.ToString(a.TreatMissingData), "missing"),
		Actions: refs[Topic](a.AlarmActions), OKActions: refs[Topic](a.OKActions), Silent: !aws.ToBool(a.ActionsEnabled),
	}
	for _, d := range a.Dimensions {
		s.Dimensions[aws.ToString(d.Name)] = engine.Known(aws.ToString(d.Value))
	}
	return s
}

func (d alarms) Create(ctx context.Context, id engine.Identity, s Alarm) error {
	return d.put(ctx, s, tagList(id.Tags, func(k, v *string) types.Tag { return types.Tag{Key: k, Value: v} }))
}

// Update writes the whole alarm, as CloudWatch has it.
func (d alarms) Update(ctx context.Context, _ engine.Live[Alarm], want Alarm, _ engine.Fields) error {
	return d.put(ctx, want, nil)
}

func (d alarms) put(ctx context.Context, s Alarm, tags []types.Tag) error {
	in := &cloudwatch.PutMetricAlarmInput{
		AlarmName: aws.String(s.Name), AlarmDescription: aws.String(s.Description),
		Namespace: aws.String(s.Namespace), MetricName: aws.String(s.Metric), Period: int32Of(s.Period),
		EvaluationPeriods: int32Of(s.Periods), DatapointsToAlarm: int32Of(s.Datapoints), Threshold: aws.Float64(s.Threshold),
		ComparisonOperator: types.ComparisonOperator(s.Comparison), TreatMissingData: aws.String(s.Missing),
		AlarmActions: ids(s.Actions), OKActions: ids(s.OKActions), ActionsEnabled: aws.Bool(!s.Silent), Tags: tags,
	}
	if standard := types.Statistic(s.Statistic); slices.Contains(standard.Values(), standard) {
		in.Statistic = standard
	} else {
		in.ExtendedStatistic = aws.String(s.Statistic)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Dimensions)) {
		in.Dimensions = append(in.Dimensions, types.Dimension{Name: aws.String(name), Value: aws.String(s.Dimensions[name].MustGet())})
	}
	_, err := d.CloudWatch.PutMetricAlarm(ctx, in)
	return err
}

func int32Of(n int) *int32 { return aws.Int32(int32(n)) } //nolint:gosec // seconds and counts

func (d alarms) Delete(ctx context.Context, is engine.Live[Alarm]) error {
	_, err := d.CloudWatch.DeleteAlarms(ctx, &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{is.ID}})
	return err
}

// Tag implements engine.Tagger.
func (d alarms) Tag(ctx context.Context, id string, set map[string]string, unset []string) error {
	arn, err := d.arnOf(ctx, "cloudwatch", "alarm:"+id)
	if err != nil {
		return err
	}
	if len(set) > 0 {
		if _, err := d.CloudWatch.TagResource(ctx, &cloudwatch.TagResourceInput{ResourceARN: aws.String(arn),
			Tags: tagList(set, func(k, v *string) types.Tag { return types.Tag{Key: k, Value: v} })}); err != nil {
			return err
		}
	}
	if len(unset) == 0 {
		return nil
	}
	_, err = d.CloudWatch.UntagResource(ctx, &cloudwatch.UntagResourceInput{ResourceARN: aws.String(arn), TagKeys: unset})
	return err
}
