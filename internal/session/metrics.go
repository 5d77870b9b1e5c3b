package session

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cloudwatchtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"golang.org/x/sync/errgroup"
)

// Metrics are the figures by which one sees how an environment is.
type Metrics struct {
	CloudWatch *cloudwatch.Client
	ELB        *elasticloadbalancingv2.Client
	// Balancer is the name of the load balancer and of its target group, Group
	// that of the Auto Scaling group, Database the cluster's.
	Balancer, Group, Database string
	// Namespace is where the instances' own metrics are.
	Namespace string
	// Serverless is whether the database's capacity changes by itself.
	Serverless bool
}

// Unit is what the values of a series are.
type Unit string

// The units.
const (
	Count   Unit = "count"
	Seconds Unit = "seconds"
	Percent Unit = "percent"
)

// Series is one figure over time.
type Series struct {
	Name string `json:"name"`
	Unit Unit   `json:"unit"`
	// Summed is whether a value is what happened within its period.
	Summed bool    `json:"summed"`
	Points []Point `json:"points"`
	Min    float64 `json:"min"`
	Avg    float64 `json:"avg"`
	Max    float64 `json:"max"`
	Now    float64 `json:"now"`
}

// Point is the value of the period that begins at a time.
type Point struct {
	Time  time.Time `json:"time"`
	Value float64   `json:"value"`
}

// Chart is all series over the same time.
type Chart struct {
	Since  time.Time     `json:"since"`
	Until  time.Time     `json:"until"`
	Period time.Duration `json:"-"`
	Series []Series      `json:"series"`
}

// Empty reports that nothing was measured at all.
func (c Chart) Empty() bool {
	return !slices.ContainsFunc(c.Series, func(s Series) bool { return len(s.Points) > 0 })
}

// Points is how many a chart has at most: as many as fit on a line.
const Points = 34

// Period is the shortest that gives no more than Points, and that CloudWatch
// still has for what is that old.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricStat.html
func Period(since, until time.Time) time.Duration {
	step := time.Minute
	switch age := until.Sub(since); {
	case age >= 63*24*time.Hour:
		step = time.Hour
	case age >= 15*24*time.Hour:
		step = 5 * time.Minute
	}
	// One more, as neither end is at the beginning of a period.
	n := (until.Sub(since) + (Points-1)*step - 1) / ((Points - 1) * step)
	return max(n, 1) * step
}

// Longest is how far back CloudWatch goes.
const Longest = 455 * 24 * time.Hour

// figure is a series to be asked for.
type figure struct {
	id, name                string
	unit                    Unit
	summed                  bool
	zeroes                  bool // without data nothing happened, which is 0
	namespace, metric, stat string
	dimensions              []string // name, value, name, value …
}

// Read asks for all of them at once: one call, and more only for more pages.
func (m Metrics) Read(ctx context.Context, since, until time.Time) (Chart, error) {
	chart := Chart{Period: Period(since, until)}
	chart.Since, chart.Until = since.Truncate(chart.Period).UTC(), until.UTC()
	balancer, target, err := m.labels(ctx)
	if err != nil {
		return chart, err
	}
	figures := m.figures(balancer, target)
	in := &cloudwatch.GetMetricDataInput{
		StartTime: aws.Time(chart.Since), EndTime: aws.Time(chart.Until), ScanBy: cloudwatchtypes.ScanByTimestampAscending,
	}
	for _, f := range figures {
		in.MetricDataQueries = append(in.MetricDataQueries, f.query(chart.Period))
	}
	points := map[string][]Point{}
	pages := cloudwatch.NewGetMetricDataPaginator(m.CloudWatch, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return chart, err
		}
		for _, r := range page.MetricDataResults {
			id := aws.ToString(r.Id)
			for i := range min(len(r.Values), len(r.Timestamps)) {
				points[id] = append(points[id], Point{r.Timestamps[i].UTC(), r.Values[i]})
			}
		}
	}
	for _, f := range figures {
		chart.Series = append(chart.Series, f.series(points[f.id], points[requests], chart))
	}
	return chart, nil
}

// labels are how CloudWatch names the load balancer and its target group: the
// last part of their ARNs. Empty where they are not there.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
func (m Metrics) labels(ctx context.Context) (balancer, target string, err error) {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		out, err := m.ELB.DescribeLoadBalancers(ctx, &elasticloadbalancingv2.DescribeLoadBalancersInput{Names: []string{m.Balancer}})
		if _, none := errors.AsType[*elbtypes.LoadBalancerNotFoundException](err); none {
			return nil
		}
		if err != nil {
			return err
		}
		for _, b := range out.LoadBalancers {
			_, balancer, _ = strings.Cut(aws.ToString(b.LoadBalancerArn), ":loadbalancer/")
		}
		return nil
	})
	g.Go(func() error {
		out, err := m.ELB.DescribeTargetGroups(ctx, &elasticloadbalancingv2.DescribeTargetGroupsInput{Names: []string{m.Balancer}})
		if _, none := errors.AsType[*elbtypes.TargetGroupNotFoundException](err); none {
			return nil
		}
		if err != nil {
			return err
		}
		for _, t := range out.TargetGroups {
			arn := aws.ToString(t.TargetGroupArn)
			target = arn[strings.LastIndex(arn, ":")+1:]
		}
		return nil
	})
	return balancer, target, g.Wait()
}

// query is the figure as CloudWatch is asked for it.
func (f figure) query(period time.Duration) cloudwatchtypes.MetricDataQuery {
	metric := &cloudwatchtypes.Metric{Namespace: aws.String(f.namespace), MetricName: aws.String(f.metric)}
	for d := range slices.Chunk(f.dimensions, 2) {
		metric.Dimensions = append(metric.Dimensions, cloudwatchtypes.Dimension{Name: aws.String(d[0]), Value: aws.String(d[1])})
	}
	return cloudwatchtypes.MetricDataQuery{
		Id: aws.String(f.id), ReturnData: aws.Bool(true),
		MetricStat: &cloudwatchtypes.MetricStat{Metric: metric, Period: aws.Int32(int32(period / time.Second)), Stat: aws.String(f.stat)},
	}
}
