package aws

import (
	"context"
	"errors"
	"net"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// Explain puts an error of AWS into words that say what to do next: as one of
// NoProfile, NoCredentials, SessionExpired, BadCredentials, NoRegion,
// WrongRegion, Denied, QuotaReached, Unreachable or Refused, each of which
// unwraps to err. Several joined errors of one cause become one. What is none
// of AWS's comes back as it is. It may be called on nil Clients, when there
// are no credentials to connect with; else a denial may cost one more call.
func (c *Clients) Explain(ctx context.Context, err error) error {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		return c.explainAll(ctx, many.Unwrap())
	}
	var already explained
	if err == nil || errors.As(err, &already) {
		return err
	}
	w := why{Err: err, during: during(err)}
	if e := c.connection(w); e != nil {
		return e
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		return c.network(w)
	}
	w.code, w.message = api.ErrorCode(), api.ErrorMessage()
	switch {
	case isCode(err, badCredentials...):
		return &BadCredentials{why: w}
	case isCode(err, "OptInRequired"):
		return &WrongRegion{why: w, Region: c.region()}
	}
	switch Classify(err) {
	case engine.Expired:
		return &SessionExpired{why: w}
	case engine.Denied:
		return c.denied(ctx, w)
	case engine.Quota:
		return c.quota(w)
	}
	return refused(w)
}

// explainAll explains joined errors; those that say the same are said once,
// with what they came up with.
func (c *Clients) explainAll(ctx context.Context, errs []error) error {
	var all []error
	said := map[string]int{} // words → place in all
	for _, err := range errs {
		e := c.Explain(ctx, err)
		text := e.Error()
		var x explained
		isOurs := errors.As(e, &x)
		if isOurs {
			text = x.words()
		}
		i, found := said[text]
		switch {
		case !found:
			said[text] = len(all)
			all = append(all, e)
		case isOurs && !x.isGlobal():
			all[i] = joinAlike(all[i], x, during(err))
		}
	}
	if len(all) == 1 {
		return all[0]
	}
	return errors.Join(all...)
}

// badCredentials are the codes for keys that AWS does not know, or a signature
// that does not fit, which a wrong clock causes too.
// https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
var badCredentials = []string{
	"InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "SignatureDoesNotMatch", "AuthFailure",
	"IncompleteSignature", "MissingAuthenticationToken", "RequestTimeTooSkewed", "InvalidSignatureException",
}

// connection finds the faults that keep a call from being made at all.
func (c *Clients) connection(w why) error {
	var (
		noProfile config.SharedConfigProfileNotExistError
		noRegion  *aws.MissingRegionError
		noLogin   *ssocreds.InvalidTokenError
		noKeys    *credentials.StaticCredentialsEmptyError
		process   *processcreds.ProviderError
	)
	switch {
	case errors.As(w.Err, &noProfile):
		return &NoProfile{why: w, Profile: noProfile.Profile, Files: noProfile.Filename}
	case errors.As(w.Err, &noRegion):
		return &NoRegion{why: w}
	case errors.As(w.Err, &noLogin):
		return &SessionExpired{why: w}
	case errors.As(w.Err, &noKeys), errors.As(w.Err, &process), asks(w.Err, "ec2imds"):
		return &NoCredentials{why: w}
	case asks(w.Err, "SSO"), asks(w.Err, "SSO OIDC"):
		return &SessionExpired{why: w}
	}
	return nil
}

// asks reports whether an error came from a call that the SDK made of its own
// accord to a service, in order to get credentials.
func asks(err error, service string) bool {
	for err != nil {
		var call *smithy.OperationError
		if !errors.As(err, &call) {
			return false
		}
		if call.Service() == service {
			return true
		}
		err = call.Err
	}
	return false
}

// network explains an error that is no answer of AWS.
func (c *Clients) network(w why) error {
	var (
		sent    *smithyhttp.RequestSendError
		call    *smithy.OperationError
		address *url.Error
		failure net.Error // errors of files are such too, by their methods
	)
	asked := errors.As(w.Err, &sent) || errors.As(w.Err, &address) || errors.As(w.Err, &call) && errors.As(w.Err, &failure)
	if errors.Is(w.Err, context.Canceled) || !asked {
		return w.Err
	}
	e := &Unreachable{why: w, Region: c.region()}
	if errors.As(w.Err, &address) {
		if u, err := url.Parse(address.URL); err == nil {
			e.Host = u.Host
		}
		e.Cause = address.Err
	}
	var unknown *net.DNSError
	e.NoSuchHost = errors.As(w.Err, &unknown) && unknown.IsNotFound
	return e
}

func (c *Clients) region() string {
	if c == nil {
		return ""
	}
	return c.Config.Region
}

// during says which object the error came up with, if any: "create vpc/main".
func during(err error) string {
	var op *engine.OpError
	if !errors.As(err, &op) {
		return ""
	}
	return op.Op + " " + op.Address
}
