package aws

import "github.com/keyedin-app/keyedin-infra/internal/engine"

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
	// Periods are looked at each time, and Datapoints of them must be bad. Period
	// times Periods is at most a week.
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

// AlarmARN is the alarm's ARN.
func AlarmARN(r engine.Ref[Alarm]) engine.Value[string] { return engine.Attr[string](r, "arn") }
