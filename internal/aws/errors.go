package aws

import (
	"errors"
	"net"
	"net/http"
	"slices"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// meanings maps AWS's error codes, of all services, to what they mean to the
// engine. Codes that mean different things in different calls stand in
// byOperation.
var meanings = map[engine.Meaning][]string{
	engine.NotFound: {
		"InvalidVpcID.NotFound", "InvalidSubnetID.NotFound",
	},
	engine.NotYet:    {},
	engine.Conflict:  {},
	engine.Busy:      {"DependencyViolation"},
	engine.Throttled: {"Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException", "SlowDown", "PriorRequestNotComplete"},
	engine.Denied:    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"},
	engine.Quota:     {},
	engine.Expired:   {"ExpiredToken", "ExpiredTokenException", "RequestExpired"},
}

// Classify tells what an AWS error means.
func Classify(err error) engine.Meaning {
	var api smithy.APIError
	if errors.As(err, &api) {
		for meaning, codes := range meanings {
			if slices.Contains(codes, api.ErrorCode()) {
				return meaning
			}
		}
	}
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) && response.HTTPStatusCode() >= http.StatusInternalServerError {
		return engine.Lost
	}
	var network net.Error
	var sent *smithyhttp.RequestSendError
	if errors.As(err, &network) || errors.As(err, &sent) {
		return engine.Lost
	}
	return engine.Other
}
