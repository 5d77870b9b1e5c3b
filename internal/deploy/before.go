package deploy

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/keyedin-app/keyedin-infra/internal/shell"
)

//go:embed before.sh
var beforeScript string

// Limits of a command.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-command-ssm-plugin-reference.html#aws-runShellScript
const (
	runsWithin    = "3600" // seconds, of the command itself
	reachedWithin = 120    // seconds, until the instance has taken it
	longestNote   = 100    // characters of a comment
)

// document is AWS's own for shell scripts.
const document = "AWS-RunShellScript"

// script is what runs on the instance.
func (s *Site) script(r Record) []string {
	set := "token=" + shell.Word(r.Token) +
		"\narchive=" + shell.Word("s3://"+s.Bucket+"/"+s.Releases+r.Version+"/"+archive) +
		"\ncommand=" + shell.Word(r.Before.Command) + "\n"
	return strings.Split(strings.TrimSuffix(set+beforeScript, "\n"), "\n")
}

// note is the comment by which a command is found again when the answer was
// lost.
func note(r Record) string {
	text := "keyedin before " + r.Token
	return text[:min(len(text), longestNote)]
}

// Send begins the command before a deployment on its instance, after it has
// recorded that it will: whoever comes next follows it.
func (s *Site) Send(ctx context.Context, r Record) (Record, error) {
	if err := s.keep(ctx, pending, r); err != nil {
		return r, err
	}
	out, err := s.SSM.SendCommand(ctx, &ssm.SendCommandInput{
		DocumentName: aws.String(document), InstanceIds: []string{r.Before.Instance}, Comment: aws.String(note(r)),
		TimeoutSeconds: aws.Int32(reachedWithin),
		Parameters:     map[string][]string{"commands": s.script(r), "executionTimeout": {runsWithin}},
	})
	if err != nil {
		found, findErr := s.find(ctx, r)
		if findErr != nil || found == "" {
			return r, err
		}
		r.Before.ID = found
	} else {
		r.Before.ID = aws.ToString(out.Command.CommandId)
	}
	return r, s.keep(ctx, pending, r)
}

// find looks for the command of a record; "" when it was never sent.
func (s *Site) find(ctx context.Context, r Record) (string, error) {
	pages := ssm.NewListCommandsPaginator(s.SSM, &ssm.ListCommandsInput{
		InstanceId: aws.String(r.Before.Instance),
		Filters: []types.CommandFilter{{
			Key: types.CommandFilterKeyInvokedAfter, Value: aws.String(r.Started.Add(-time.Hour).UTC().Format("2006-01-02T15:04:05Z")),
		}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", err
		}
		for _, c := range page.Commands {
			if aws.ToString(c.Comment) == note(r) {
				return aws.ToString(c.CommandId), nil
			}
		}
	}
	return "", nil
}

// Ran is how the command before a deployment ended.
type Ran struct {
	// Status is AWS's word: Success, Failed, TimedOut, Cancelled …
	Status string
	Code   int
	Output string
}

// Well reports whether it ended with 0.
func (r Ran) Well() bool { return r.Status == string(types.CommandInvocationStatusSuccess) }

// nothing is what Laravel's migrate says when there is no migration to run.
const nothing = "Nothing to migrate"

// Follow looks at the command of a record until it has ended, and gives on what
// it has written since the last look. The record it returns knows what came of it.
func (s *Site) Follow(ctx context.Context, r Record, on func(output string)) (Record, Ran, error) {
	if r.Before.ID == "" {
		var err error
		if r.Before.ID, err = s.find(ctx, r); err != nil || r.Before.ID == "" {
			return r, Ran{}, err
		}
	}
	pause, seen := s.looks(), 0
	for unseen := 0; ; {
		out, err := s.SSM.GetCommandInvocation(ctx, &ssm.GetCommandInvocationInput{
			CommandId: aws.String(r.Before.ID), InstanceId: aws.String(r.Before.Instance),
		})
		// It is not known everywhere at once.
		if _, early := errors.AsType[*types.InvocationDoesNotExist](err); early && unseen < patience {
			unseen++
		} else if err != nil {
			return r, Ran{}, err
		} else {
			output := aws.ToString(out.StandardOutputContent) + aws.ToString(out.StandardErrorContent)
			if seen < len(output) {
				on(output[seen:])
				seen = len(output)
			}
			if ran := ranOf(out, output); ran.Status != "" {
				r.Before.Changed = ran.Well() && !strings.Contains(output, nothing)
				return r, ran, s.keep(context.WithoutCancel(ctx), pending, r)
			}
		}
		if err := pause(ctx); err != nil {
			return r, Ran{}, err
		}
	}
}

// ranOf has no status while the command is under way.
func ranOf(out *ssm.GetCommandInvocationOutput, output string) Ran {
	switch out.Status {
	case types.CommandInvocationStatusPending, types.CommandInvocationStatusInProgress,
		types.CommandInvocationStatusDelayed, types.CommandInvocationStatusCancelling:
		return Ran{}
	}
	return Ran{Status: string(out.Status), Code: int(out.ResponseCode), Output: output}
}

// BeforeFailed reports that the command before a deployment did not end well.
type BeforeFailed struct {
	Record
	Ran
}

func (e *BeforeFailed) Error() string {
	text := fmt.Sprintf("%s ended with %d on %s", e.Before.Command, e.Code, e.Before.Instance)
	if e.Status != string(types.CommandInvocationStatusFailed) {
		text = fmt.Sprintf("%s did not end on %s: %s", e.Before.Command, e.Before.Instance, e.Status)
	}
	return text
}
