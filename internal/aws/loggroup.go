package aws

import "github.com/keyedin-app/keyedin-infra/internal/engine"

// LogGroup is a CloudWatch Logs group of the standard class. Services that
// write to a group make it when it is missing, so one that is there already is
// taken over.
type LogGroup struct {
	// Name has at most 512 letters, digits and ./_-#
	Name string `json:"name"`
	// Days is how long events stay: one of RetentionDays; 0 is for ever.
	Days int `json:"days"`
}

// RetentionDays are the values CloudWatch Logs takes.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
func RetentionDays() []int {
	return []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
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
