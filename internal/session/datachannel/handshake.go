package datachannel

import (
	"encoding/json"
	"fmt"
)

// request is what the agent asks before it connects to the port.
type request struct {
	AgentVersion           string
	RequestedClientActions []struct {
		ActionType       string
		ActionParameters json.RawMessage
	}
}

// processed is the answer to one of its wishes.
type processed struct {
	ActionType   string
	ActionStatus int
	ActionResult any
	Error        string
}

// response is the answer to all of them.
type response struct {
	ClientVersion          string
	ProcessedClientActions []processed
	Errors                 []string
}

const (
	sessionType   = "SessionType"
	encryption    = "KMSEncryption"
	portSession   = "Port"
	success       = 1
	failed        = 2
	notSupported  = 3
	encryptionWhy = "the account's Session Manager preferences ask for encryption with a KMS key, which keyedin does not do; " +
		"the session is encrypted by TLS and by SSH within it"
)

// shake answers the agent's handshake.
func (c *Channel) shake(raw []byte) {
	var asked request
	if err := json.Unmarshal(raw, &asked); err != nil {
		c.finish(fmt.Errorf("the handshake of the agent on the machine cannot be read: %w", err))
		return
	}
	answer := response{ClientVersion: c.options.Version, ProcessedClientActions: []processed{}, Errors: []string{}}
	for _, action := range asked.RequestedClientActions {
		p := process(action.ActionType, action.ActionParameters)
		if p.Error != "" {
			answer.Errors = append(answer.Errors, p.Error)
		}
		answer.ProcessedClientActions = append(answer.ProcessedClientActions, p)
	}
	reply, err := json.Marshal(answer)
	if err == nil {
		err = c.send(handshakeResponse, reply)
	}
	if err != nil {
		c.finish(err)
		return
	}
	if len(answer.Errors) > 0 {
		c.finish(&Closed{Why: answer.Errors[0]})
	}
}

func process(action string, parameters json.RawMessage) processed {
	p := processed{ActionType: action, ActionStatus: success}
	switch action {
	case sessionType:
		var s struct{ SessionType string }
		if err := json.Unmarshal(parameters, &s); err != nil || s.SessionType != portSession {
			p.ActionStatus, p.Error = failed, fmt.Sprintf("the session is of type %q, and not of type %s", s.SessionType, portSession)
		}
	case encryption:
		p.ActionStatus, p.Error = notSupported, encryptionWhy
	default:
		p.ActionStatus, p.Error = notSupported, fmt.Sprintf("the agent asks for %q, which keyedin does not know", action)
	}
	return p
}
