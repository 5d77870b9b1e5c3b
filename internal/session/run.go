package session

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/keyedin-app/keyedin-infra/internal/shell"
)

// Runner runs one-off commands in the application's image, by AWS Systems
// Manager's Run Command.
type Runner struct {
	SSM  *ssm.Client
	Logs *cloudwatchlogs.Client
	// Group is the log group that the command's output goes to as it comes.
	Group string
	Pause func(context.Context, time.Duration) error
}

// OneOff is a command to run on a machine.
type OneOff struct {
	Machine string
	Command []string
	// Within is how long it may take.
	Within time.Duration
}

// Ran is how one ended.
type Ran struct {
	ID     string
	Status string // AWS's word
	Code   int
	// Stdout and Stderr are what AWS keeps of the output: its beginning.
	Stdout, Stderr string
}

// Limits of Run Command.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-command-ssm-plugin-reference.html#aws-runShellScript
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetCommandInvocation.html
const (
	ShortestRun = 30 * time.Second
	LongestRun  = 48 * time.Hour
	// Kept is how many characters of the output AWS keeps beside the logs.
	Kept        = 24000
	shellScript = "AWS-RunShellScript"
	delivery    = 60 * time.Second // until the machine has taken it
	soonest     = 500 * time.Millisecond
	slowest     = 3 * time.Second
	unknownFor  = 20 // looks at a command that is not known everywhere yet
)

// BadCommand reports a command that cannot be sent.
type BadCommand struct{ Why string }

func (e *BadCommand) Error() string { return "the command " + e.Why }

// NoRelease reports a machine that has no release installed.
type NoRelease struct{ Machine string }

func (e *NoRelease) Error() string {
	return "there is no release on " + e.Machine + " yet, and so no image to run in"
}

// runner is what a release has for one-off commands.
const runner = "/opt/keyedin/current/bin/run"

// noRunner is what the script says where there is none, and noRunnerCode the
// exit code it ends with: that of a command which cannot be found.
const (
	noRunner     = "keyedin: no release is installed here"
	noRunnerCode = 127
)

// script is what the machine's shell runs.
func script(command []string) ([]string, error) {
	line := runner
	for _, word := range command {
		switch {
		case !utf8.ValidString(word):
			return nil, &BadCommand{fmt.Sprintf("has the argument %q, which is no UTF-8 text, and cannot be sent", word)}
		case strings.ContainsRune(word, 0):
			return nil, &BadCommand{"has an argument with a zero byte, which no program can be given"}
		}
		line += " " + shell.Word(word)
	}
	return []string{
		"if [ ! -x " + runner + " ]; then echo '" + noRunner + "' >&2; exit " + strconv.Itoa(noRunnerCode) + "; fi",
		"setsid " + line + " </dev/null &",
		"run=$!",
		`setsid sh -c '` + guard + `' guard $$ $run </dev/null >/dev/null 2>&1 &`,
		"wait $run",
	}, nil
}

// guard ends a command whose shell is gone. The agent kills that with all of its
// process group when a command is cancelled or takes too long, which would end
// Docker's client and leave the container running.
const guard = `while kill -0 "$2"; do kill -0 "$1" || { kill -TERM "$2"; exit; }; sleep 1; done`

// Send begins a command, and returns its id. A lost answer does not run it
// twice: it is looked for.
func (r Runner) Send(ctx context.Context, o OneOff) (string, error) {
	lines, err := script(o.Command)
	if err != nil {
		return "", err
	}
	note := "keyedin run " + rand.Text()
	out, err := r.SSM.SendCommand(ctx, &ssm.SendCommandInput{
		DocumentName: aws.String(shellScript), InstanceIds: []string{o.Machine}, Comment: aws.String(note),
		TimeoutSeconds: aws.Int32(int32(delivery / time.Second)),
		Parameters:     map[string][]string{"commands": lines, "executionTimeout": {strconv.Itoa(int(o.Within / time.Second))}},
		CloudWatchOutputConfig: &types.CloudWatchOutputConfig{
			CloudWatchOutputEnabled: true, CloudWatchLogGroupName: aws.String(r.Group),
		},
	}, func(o *ssm.Options) { o.Retryer = aws.NopRetryer{} })
	if err == nil {
		return aws.ToString(out.Command.CommandId), nil
	}
	if _, invalid := errors.AsType[*types.InvalidInstanceId](err); invalid {
		return "", &NotManaged{Machine: o.Machine}
	}
	if id := r.sent(ctx, o.Machine, note); id != "" {
		return id, nil
	}
	return "", err
}

// sent is the id of a command that was sent with a note, or empty.
func (r Runner) sent(ctx context.Context, machine, note string) string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), terminating)
	defer cancel()
	out, err := r.SSM.ListCommands(ctx, &ssm.ListCommandsInput{InstanceId: aws.String(machine)})
	if err != nil {
		return ""
	}
	for _, c := range out.Commands {
		if aws.ToString(c.Comment) == note {
			return aws.ToString(c.CommandId)
		}
	}
	return ""
}

// Cancel asks the machine to end a command; it may have ended before.
func (r Runner) Cancel(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), terminating)
	defer cancel()
	_, err := r.SSM.CancelCommand(ctx, &ssm.CancelCommandInput{CommandId: aws.String(id)})
	return err
}

// look is how a command is now; ended is whether it is over, known whether AWS
// has heard of it where it was asked.
func (r Runner) look(ctx context.Context, id, machine string) (ran Ran, ended, known bool, err error) {
	out, err := r.SSM.GetCommandInvocation(ctx, &ssm.GetCommandInvocationInput{CommandId: aws.String(id), InstanceId: aws.String(machine)})
	if _, early := errors.AsType[*types.InvocationDoesNotExist](err); early {
		return Ran{}, false, false, nil
	}
	if err != nil {
		return Ran{}, false, true, err
	}
	ran = Ran{
		ID: id, Status: string(out.Status), Code: int(out.ResponseCode),
		Stdout: aws.ToString(out.StandardOutputContent), Stderr: aws.ToString(out.StandardErrorContent),
	}
	switch out.Status {
	case types.CommandInvocationStatusPending, types.CommandInvocationStatusInProgress,
		types.CommandInvocationStatusDelayed, types.CommandInvocationStatusCancelling:
		return ran, false, true, nil
	}
	return ran, true, true, nil
}
