package aws

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/google/go-cmp/cmp"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/engine/enginetest"
)

func TestTopic(t *testing.T) {
	with := func(publishers []string, emails ...string) enginetest.Step {
		return func(st *engine.Stack) {
			engine.Add(st, "alerts", Topic{
				Name: st.Project + "-" + st.Environment + "-alerts", Publishers: publishers, Emails: emails,
			})
		}
	}
	one, two := []string{"cloudwatch.amazonaws.com"}, []string{"budgets.amazonaws.com", "cloudwatch.amazonaws.com"}
	conform(t,
		with(one, "ops@example.com"),
		with(two, "ops@example.com"),
		with(two, "ops@example.com", "dev@example.com"),
		with(nil, "ops@example.com", "dev@example.com"),
		with(nil, "dev@example.com"),
	)
}

func TestSubscribed(t *testing.T) {
	const confirmed = "arn:aws:sns:us-east-1:123456789012:alerts:8a21d249"
	listed := func(protocol, endpoint, id string) types.Subscription {
		return types.Subscription{Protocol: aws.String(protocol), Endpoint: aws.String(endpoint), SubscriptionArn: aws.String(id)}
	}
	tests := map[string]struct {
		listed  types.Subscription
		emails  engine.Set[string]
		pending []string
	}{
		"confirmed and wanted":         {listed("email", "ops@example.com", confirmed), engine.Set[string]{"ops@example.com"}, nil},
		"confirmed and not wanted":     {listed("email", "old@example.com", confirmed), engine.Set[string]{"old@example.com"}, nil},
		"pending counts as there":      {listed("email", "ops@example.com", unconfirmed), engine.Set[string]{"ops@example.com"}, []string{"ops@example.com"}},
		"pending cannot be taken back": {listed("email", "old@example.com", unconfirmed), nil, nil},
		"written otherwise":            {listed("email", "OPS@example.com", confirmed), engine.Set[string]{"ops@example.com"}, nil},
		"someone unsubscribed":         {listed("email", "ops@example.com", unsubscribed), nil, nil},
		"not an address":               {listed("lambda", "arn:aws:lambda:us-east-1:123456789012:function:f", confirmed), nil, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			emails, pending := subscribed([]types.Subscription{test.listed}, []string{"ops@example.com"})
			if d := cmp.Diff(test.emails, emails); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(test.pending, pending); d != "" {
				t.Error(d)
			}
		})
	}
}

// The statement SNS writes into a new topic, and ours in its place, say nothing
// that a plan should show; a stranger's does.
func TestTopicPolicy(t *testing.T) {
	const topic = "arn:aws:sns:us-east-1:123456789012:alerts"
	const byDefault = `{"Sid":"__default_statement_ID","Effect":"Allow","Principal":{"AWS":"*"},"Action":["SNS:Publish","SNS:Subscribe"],
		"Resource":"arn:aws:sns:us-east-1:123456789012:alerts","Condition":{"StringEquals":{"AWS:SourceOwner":"123456789012"}}}`
	const anyone = `{"Effect":"Allow","Principal":"*","Action":"sns:Publish","Resource":"arn:aws:sns:us-east-1:123456789012:alerts"}`
	const stranger = `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::210987654321:root"},"Action":"sns:Publish","Resource":"*"}`
	publishers := engine.Set[string]{"budgets.amazonaws.com", "cloudwatch.amazonaws.com"}
	ours := string(Topic{Publishers: publishers}.policy(topic).document())
	tests := map[string]struct {
		document   string
		publishers engine.Set[string]
		others     int
	}{
		"none":     {"", nil, 0},
		"new":      {`{"Version":"2008-10-17","Statement":[` + byDefault + `]}`, nil, 0},
		"ours":     {ours, publishers, 0},
		"anyone":   {`{"Version":"2012-10-17","Statement":[` + anyone + `]}`, nil, 1},
		"stranger": {`{"Version":"2012-10-17","Statement":[` + byDefault + `,` + stranger + `]}`, nil, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var s Topic
			if err := s.parsePolicy(topic, test.document); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(test.publishers, s.Publishers); d != "" {
				t.Error(d)
			}
			if len(s.Statements) != test.others {
				t.Errorf("other statements: %v, want %d", s.Statements, test.others)
			}
		})
	}
}
