package aws

import "github.com/keyedin-app/keyedin-infra/internal/engine"

// Topic is an SNS topic with its email subscriptions. It is not encrypted:
// alarms cannot publish to a topic under the key that AWS manages for SNS.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
type Topic struct {
	// Name has at most 256 letters, digits, hyphens and underscores.
	Name string `json:"name"`
	// Emails are addresses. Each gets a mail and must confirm it; it counts as
	// subscribed from the start.
	Emails engine.Set[string] `json:"emails"`
	// Publishers are services that may publish for this account, such as
	// cloudwatch.amazonaws.com. Roles of the account need no mention here.
	Publishers engine.Set[string] `json:"publishers"`
	// Statements are those of the topic's policy that publishers do not account
	// for. They are always wanted empty.
	Statements engine.Set[string] `json:"other-statements"`
}

// Kind implements engine.Spec.
func (Topic) Kind() string { return "topic" }

// Fixed implements engine.Fixer.
func (Topic) Fixed() []string { return []string{"name"} }

// Effect implements engine.Affecting.
func (Topic) Effect(changed engine.Fields) engine.Effect {
	if changed.Has("emails") {
		return engine.Effect{Text: "new addresses get a mail, and nothing else until they confirm it"}
	}
	return engine.Effect{}
}

// PendingEmails is the attribute ([]string) of addresses that are yet to confirm.
const PendingEmails = "pending"

// TopicARN is the topic's ARN, which is its id too.
func TopicARN(r engine.Ref[Topic]) engine.Value[string] { return engine.Attr[string](r, "id") }
