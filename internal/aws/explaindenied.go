package aws

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

// Denied: the credentials may not do that.
type Denied struct {
	why
	// Actions are the IAM actions to allow, the call's own first; Resource is what
	// on. Resource and Caller are empty when AWS does not say.
	Actions          []string
	Resource, Caller string
	// Explicit: a policy denies it, so that allowing it elsewhere does not help.
	Explicit bool
	// Undecoded: AWS's reason is encoded, and decoding it is denied as well.
	Undecoded bool
}

func (e *Denied) isGlobal() bool { return false }

func (e *Denied) words() string {
	who := e.Caller
	if who == "" {
		who = "the AWS credentials in use"
	}
	text := fmt.Sprintf("%s may not do %s", who, e.Actions[0])
	if e.Resource != "" {
		text += " on " + e.Resource
	}
	if len(e.Actions) > 1 {
		text += ", or else one of what that takes beside: " + strings.Join(e.Actions[1:], ", ")
	}
	switch {
	case e.Explicit:
		text += ": a policy denies it explicitly.\nFind the deny in the caller's policies, its permissions boundary, or the organization's service control policies"
	case e.Undecoded:
		text += ".\nAllow it in the caller's policies; AWS says why only to those who may do sts:DecodeAuthorizationMessage"
	default:
		text += ".\nAllow it in the caller's policies, then type the command again"
	}
	if e.Resource == "" && !e.Undecoded && e.message != "" {
		text += " (AWS: " + e.message + ")"
	}
	return text
}

func (e *Denied) Error() string { return e.with(e.words()) }

// denied names the action from the call, and the rest from AWS's encoded
// reason, where there is one that may be decoded.
func (c *Clients) denied(ctx context.Context, w why) error {
	e := &Denied{why: w, Actions: []string{"the call"}}
	var call *smithy.OperationError
	if errors.As(w.Err, &call) {
		e.Actions = actionsOf(call.Service(), call.Operation())
	}
	encoded := encodedReason(w.message)
	if encoded == "" || c == nil || call != nil && call.Operation() == "DecodeAuthorizationMessage" {
		return e
	}
	out, err := c.STS.DecodeAuthorizationMessage(ctx, &sts.DecodeAuthorizationMessageInput{EncodedMessage: aws.String(encoded)})
	if err != nil {
		e.Undecoded = true
		return e
	}
	var reason struct {
		ExplicitDeny bool
		Context      struct {
			Principal        struct{ ARN string }
			Action, Resource string
		}
	}
	if err := json.Unmarshal([]byte(aws.ToString(out.DecodedMessage)), &reason); err != nil {
		e.Undecoded = true
		return e
	}
	e.Explicit, e.Caller, e.Resource = reason.ExplicitDeny, reason.Context.Principal.ARN, reason.Context.Resource
	if reason.Context.Action != "" {
		e.Actions = []string{reason.Context.Action}
	}
	return e
}

// encodedReason is the encoded reason in a message, which is by far the longest
// word of it, or "".
func encodedReason(message string) string {
	const longerThanAnyARN = 250
	for _, word := range strings.Fields(message) {
		if len(word) > longerThanAnyARN {
			return word
		}
	}
	return ""
}

// refused keeps AWS's own words, and what its support asks for.
func refused(w why) error {
	e := &Refused{why: w, Service: "AWS", Operation: "the call"}
	var call *smithy.OperationError
	if errors.As(w.Err, &call) {
		e.Service, e.Operation = call.Service(), call.Operation()
	}
	var response *awshttp.ResponseError
	if errors.As(w.Err, &response) {
		e.RequestID = response.ServiceRequestID()
	}
	return e
}
