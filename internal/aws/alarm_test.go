package aws

import (
	"testing"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/engine/enginetest"
)

func TestAlarm(t *testing.T) {
	add := func(edit func(*Alarm)) enginetest.Step {
		return func(st *engine.Stack) {
			name := st.Project + "-" + st.Environment
			topic := engine.Add(st, "alerts", Topic{Name: name + "-alerts"})
			a := Alarm{
				Name: name + "-errors", Description: "the application answers with errors",
				Namespace: "AWS/ApplicationELB", Metric: "HTTPCode_Target_5XX_Count",
				Dimensions: map[string]engine.Value[string]{"LoadBalancer": engine.Known("app/" + name + "/0123456789abcdef")},
				Statistic:  "Sum", Period: 60, Periods: 5, Datapoints: 3, Threshold: 10,
				Comparison: "GreaterThanThreshold", Missing: "notBreaching",
				Actions: engine.Set[engine.Ref[Topic]]{topic},
			}
			edit(&a)
			if !a.Silent {
				a.OKActions = a.Actions
			}
			engine.Add(st, "errors", a)
		}
	}
	conform(t,
		add(func(*Alarm) {}),
		add(func(a *Alarm) { a.Statistic, a.Metric, a.Threshold = "p95", "TargetResponseTime", 0.5 }),
		add(func(a *Alarm) { a.Period, a.Periods, a.Datapoints, a.Missing = 300, 1, 1, "breaching" }),
		add(func(a *Alarm) { a.Comparison, a.Description = "LessThanOrEqualToThreshold", "" }),
		add(func(a *Alarm) { a.Dimensions["TargetGroup"] = engine.Known("targetgroup/app/0123456789abcdef") }),
		add(func(a *Alarm) { a.Silent, a.Actions = true, nil }),
	)
}
