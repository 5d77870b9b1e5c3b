package cli

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/spf13/cobra"

	"github.com/keyedin-app/keyedin-infra/internal/session"
	"github.com/keyedin-app/keyedin-infra/internal/ui"
)

func (a *app) metricsCommand() *cobra.Command {
	var since string
	c := &cobra.Command{
		Use: "metrics", Short: "Requests, latency, errors and load over time",
		Long: `Shows what users see of the application and how its instances and its database
are, as lines over time. CloudWatch has the figures of a minute some minutes
later.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			now := time.Now().UTC()
			from, err := session.ParseSince(since, now)
			if err != nil {
				return fmt.Errorf("--since %w", err)
			}
			if now.Sub(from) > session.Longest {
				return fmt.Errorf("--since %s: CloudWatch keeps figures for 15 months; 455d is the most", since)
			}
			if now.Sub(from) < time.Minute {
				return fmt.Errorf("--since %s: the figures are of whole minutes; 1m is the least", since)
			}
			o, err := a.operate(c.Context())
			if err != nil {
				return err
			}
			return o.explain(c.Context(), o.showMetrics(c.Context(), from, now))
		},
	}
	c.Flags().StringVar(&since, "since", "3h", "from how long ago, or from which `time` in UTC")
	return c
}

func (o *operation) showMetrics(ctx context.Context, from, to time.Time) error {
	done := o.Busy(reading)
	chart, err := session.Metrics{
		CloudWatch: o.clients.CloudWatch, ELB: o.clients.ELB,
		Balancer: o.names.Balancer, Group: o.names.Group, Database: o.names.Database, Namespace: o.names.Namespace,
		Serverless: o.config.Database.Serverless != nil,
	}.Read(ctx, from, to)
	done()
	if err != nil {
		return err
	}
	if o.JSON {
		return o.Object(map[string]any{
			"since": chart.Since, "until": chart.Until, "period-seconds": int(chart.Period / time.Second), "series": chart.Series,
		})
	}
	if chart.Empty() {
		o.Say("There are no figures of %s yet: CloudWatch has them some minutes after the first requests.", o.config.Environment)
	}
	o.Chart(chartOf(chart))
	return nil
}

// chartOf is a chart as people read it.
func chartOf(c session.Chart) ui.Chart {
	shown := ui.Chart{Since: c.Since, Period: c.Period}
	for _, s := range c.Series {
		row := ui.ChartRow{Name: s.Name}
		if len(s.Points) > 0 {
			row.Values = inPeriods(s.Points, c)
			row.Min, row.Avg, row.Max, row.Now = figure(s.Unit, s.Min), figure(s.Unit, s.Avg), figure(s.Unit, s.Max), figure(s.Unit, s.Now)
		}
		shown.Rows = append(shown.Rows, row)
	}
	return shown
}

// inPeriods has a value for each period, and none where none was measured.
func inPeriods(points []session.Point, c session.Chart) []float64 {
	n := int((c.Until.Sub(c.Since) + c.Period - 1) / c.Period)
	values := make([]float64, n)
	for i := range values {
		values[i] = math.NaN()
	}
	for _, p := range points {
		if i := int(p.Time.Sub(c.Since) / c.Period); i >= 0 && i < n {
			values[i] = p.Value
		}
	}
	return values
}

func figure(unit session.Unit, v float64) string {
	switch unit {
	case session.Seconds:
		return ui.Latency(v)
	case session.Percent:
		return fmt.Sprintf("%.0f%%", v)
	}
	return ui.Number(v)
}
