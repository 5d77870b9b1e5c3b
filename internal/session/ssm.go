package session

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/keyedin-app/keyedin-infra/internal/session/datachannel"
)

// sshDocument is the session document that leads to a machine's SSH port.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-getting-started-enable-ssh-connections.html
const sshDocument = "AWS-StartSSHSession"

// clientVersion is what the agent is told. It compares it with those of AWS's own
// client; this one has all that SSH needs.
const clientVersion = "1.2.0.0"

// terminating is how long the end of a session may take.
const terminating = 5 * time.Second

// NotManaged reports a machine that AWS Systems Manager does not reach.
type NotManaged struct{ Machine string }

func (e *NotManaged) Error() string {
	return e.Machine + " is not connected to AWS Systems Manager: its agent registers within some minutes of the first boot, " +
		"and needs a way out to the internet. `keyedin status` shows how the machines are"
}

// tunnel reaches a machine's SSH port by way of AWS Session Manager: the machine
// needs no open port and no public address.
func (s SSH) tunnel(ctx context.Context, m Machine) (net.Conn, error) {
	out, err := s.SSM.StartSession(ctx, &ssm.StartSessionInput{
		Target: aws.String(m.ID), DocumentName: aws.String(sshDocument),
		Parameters: map[string][]string{"portNumber": {sshPort}}, Reason: aws.String("keyedin"),
	})
	if _, away := errors.AsType[*types.TargetNotConnected](err); away {
		return nil, &NotManaged{Machine: m.Name}
	}
	if err != nil {
		return nil, err
	}
	id := aws.ToString(out.SessionId)
	ticket := datachannel.Ticket{Session: id, URL: aws.ToString(out.StreamUrl), Token: aws.ToString(out.TokenValue)}
	end := sync.OnceFunc(func() { s.terminate(ctx, id) })
	channel, err := datachannel.Dial(ctx, ticket, datachannel.Options{
		Version: clientVersion, Pause: s.Pause,
		Resume: func(ctx context.Context, _ string) (datachannel.Ticket, error) { return s.resume(ctx, ticket) },
	})
	if err != nil {
		end()
		return nil, err
	}
	return managed{channel, end}, nil
}

// resume gets another ticket for a session whose connection was lost.
func (s SSH) resume(ctx context.Context, t datachannel.Ticket) (datachannel.Ticket, error) {
	out, err := s.SSM.ResumeSession(ctx, &ssm.ResumeSessionInput{SessionId: aws.String(t.Session)})
	if _, gone := errors.AsType[*types.DoesNotExistException](err); gone {
		return t, datachannel.ErrOver
	}
	if err != nil {
		return t, err
	}
	if aws.ToString(out.TokenValue) == "" {
		return t, datachannel.ErrOver // AWS's way to say that it has timed out
	}
	t.Token = aws.ToString(out.TokenValue)
	if url := aws.ToString(out.StreamUrl); url != "" {
		t.URL = url
	}
	return t, nil
}

// terminate ends a session; one that is left ends by itself when it was idle.
func (s SSH) terminate(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), terminating)
	defer cancel()
	_, _ = s.SSM.TerminateSession(ctx, &ssm.TerminateSessionInput{SessionId: aws.String(id)})
}

// managed is a channel whose session ends with it.
type managed struct {
	*datachannel.Channel
	end func()
}

func (m managed) Close() error {
	err := m.Channel.Close()
	m.end()
	return err
}
