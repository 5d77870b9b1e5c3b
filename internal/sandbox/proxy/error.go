package proxy

import (
	"encoding/binary"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strings"
)

// Error is a refusal by AWS, rendered in the protocol of the call that it answers.
type Error struct {
	Code    string
	Message string
	Status  int // HTTP status; 0 is 400
}

// Throttled answers as the service does when calls come too fast: RequestLimitExceeded (ec2), SlowDown (s3),
// Throttling (query services) or ThrottlingException (the others).
func Throttled() *Error { return &Error{Code: "*throttled", Message: "Rate exceeded"} }

// Failure answers as a service that has failed: HTTP 500, and nothing was done.
func Failure() *Error { return &Error{Code: "*failed", Message: "An internal error has occurred"} }

// Expired answers as for a session token that has run out.
func Expired() *Error {
	return &Error{Code: "*expired", Message: "The security token included in the request is expired"}
}

// Denied answers as for an action that the caller's policies do not allow.
func Denied(principal, action string) *Error {
	return &Error{Code: "*denied", Message: "User: " + principal + " is not authorized to perform: " + action +
		" because no identity-based policy allows the " + action + " action", Status: http.StatusForbidden}
}

// wire is how a service puts errors on the wire.
type wire int

const (
	wireJSON wire = iota
	wireCBOR
	wireEC2
	wireQuery
	wireS3
)

func wireOf(r *http.Request, op Operation) wire {
	switch {
	case r.Header.Get("X-Amz-Target") != "":
		return wireJSON
	case r.Header.Get("Smithy-Protocol") != "":
		return wireCBOR
	case op.Service == "ec2":
		return wireEC2
	case op.Service == "s3":
		return wireS3
	case strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded"), op.Service == "route53":
		return wireQuery
	}
	return wireJSON
}

// codes are the names of the general refusals by protocol, with their HTTP status.
//
// Source: "Common errors" in the API reference of each service.
var codes = map[string]map[wire]Error{
	"*throttled": {
		wireJSON: {Code: "ThrottlingException", Status: 400}, wireCBOR: {Code: "ThrottlingException", Status: 400},
		wireEC2: {Code: "RequestLimitExceeded", Status: 503}, wireQuery: {Code: "Throttling", Status: 400},
		wireS3: {Code: "SlowDown", Status: 503},
	},
	"*failed": {
		wireJSON: {Code: "InternalFailure", Status: 500}, wireCBOR: {Code: "InternalFailure", Status: 500},
		wireEC2: {Code: "InternalError", Status: 500}, wireQuery: {Code: "InternalFailure", Status: 500},
		wireS3: {Code: "InternalError", Status: 500},
	},
	"*expired": {
		wireJSON: {Code: "ExpiredTokenException", Status: 400}, wireCBOR: {Code: "ExpiredTokenException", Status: 403},
		wireEC2: {Code: "RequestExpired", Status: 400}, wireQuery: {Code: "ExpiredToken", Status: 403},
		wireS3: {Code: "ExpiredToken", Status: 400},
	},
	"*denied": {
		wireJSON: {Code: "AccessDeniedException", Status: 400}, wireCBOR: {Code: "AccessDeniedException", Status: 403},
		wireEC2: {Code: "UnauthorizedOperation", Status: 403}, wireQuery: {Code: "AccessDenied", Status: 403},
		wireS3: {Code: "AccessDenied", Status: 403},
	},
}

func (e *Error) render(r *http.Request, op Operation) *answer {
	if op.Service == registryService {
		return e.renderRegistry()
	}
	kind := wireOf(r, op)
	code, status := e.Code, e.Status
	if known, found := codes[e.Code][kind]; found {
		code, status = known.Code, known.Status
	}
	if status == 0 {
		status = http.StatusBadRequest
	}
	header := http.Header{"X-Amzn-Requestid": {"00000000-0000-0000-0000-000000000000"}}
	var body string
	switch kind {
	case wireJSON:
		encoded, _ := json.Marshal(map[string]string{"__type": code, "message": e.Message}) // strings always marshal
		body = string(encoded)
		header.Set("Content-Type", "application/x-amz-json-1.1")
		header.Set("X-Amzn-Errortype", code)
	case wireCBOR:
		body = "\xa2" + cborText("__type") + cborText(code) + cborText("message") + cborText(e.Message)
		header.Set("Content-Type", "application/cbor")
		header.Set("Smithy-Protocol", "rpc-v2-cbor")
	default:
		body = xmlError(kind, code, e.Message)
		header.Set("Content-Type", "text/xml")
	}
	return &answer{status, header, []byte(body)}
}

func xmlError(kind wire, code, message string) string {
	inner := "<Code>" + escape(code) + "</Code><Message>" + escape(message) + "</Message>"
	switch kind {
	case wireEC2:
		return "<Response><Errors><Error>" + inner + "</Error></Errors><RequestID>0</RequestID></Response>"
	case wireS3:
		return "<Error>" + inner + "<RequestId>0</RequestId></Error>"
	}
	return "<ErrorResponse><Error><Type>Sender</Type>" + inner + "</Error><RequestId>0</RequestId></ErrorResponse>"
}

func escape(s string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(s)) //nolint:errcheck // a Builder never fails
	return b.String()
}

// cborText encodes a text string of less than 65536 bytes (RFC 8949, major type 3, two bytes of length).
func cborText(s string) string {
	return string(binary.BigEndian.AppendUint16([]byte{0x79}, uint16(len(s)))) + s
}
