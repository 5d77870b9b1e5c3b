package release

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// Registry is ECR as one who pushes images sees it.
type Registry struct {
	host   name.Registry
	pusher *remote.Pusher
	puller *remote.Puller
	pause  func(context.Context, time.Duration) error
}

// Login gets a token for the registry of the account and region, which holds for
// 12 hours. The pause is what is waited with before something is tried again.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html
func Login(ctx context.Context, client *ecr.Client, pause func(context.Context, time.Duration) error) (*Registry, error) {
	out, err := client.GetAuthorizationToken(ctx, &ecr.GetAuthorizationTokenInput{})
	if err != nil {
		return nil, err
	}
	if len(out.AuthorizationData) == 0 {
		return nil, errors.New("ECR gave no token to log in with")
	}
	data := out.AuthorizationData[0]
	token, err := base64.StdEncoding.DecodeString(aws.ToString(data.AuthorizationToken))
	if err != nil {
		return nil, fmt.Errorf("ECR's token cannot be read: %w", err)
	}
	user, password, _ := strings.Cut(string(token), ":")
	endpoint, err := url.Parse(aws.ToString(data.ProxyEndpoint))
	if err != nil {
		return nil, err
	}
	var options []name.Option
	if endpoint.Scheme == "http" {
		options = append(options, name.Insecure)
	}
	host, err := name.NewRegistry(endpoint.Host, options...)
	if err != nil {
		return nil, err
	}
	r := &Registry{host: host, pause: pause}
	return r, r.connect(user, password, client)
}

// connect prepares the clients. They try nothing again by themselves: that is
// left to again, whose pauses can be interrupted.
func (r *Registry) connect(user, password string, client *ecr.Client) (err error) {
	options := []remote.Option{
		remote.WithAuth(authn.FromConfig(authn.AuthConfig{Username: user, Password: password})),
		remote.WithRetryBackoff(remote.Backoff{Steps: 1}), remote.WithRetryStatusCodes(),
		remote.WithRetryPredicate(func(error) bool { return false }),
	}
	if web, ok := client.Options().HTTPClient.(*awshttp.BuildableClient); ok { // it trusts AWS_CA_BUNDLE
		options = append(options, remote.WithTransport(web.GetTransport()))
	}
	if r.pusher, err = remote.NewPusher(options...); err != nil {
		return err
	}
	r.puller, err = remote.NewPuller(options...)
	return err
}

// reference is a tag or digest of a repository.
func (r *Registry) reference(repository, reference string) name.Reference {
	if strings.HasPrefix(reference, "sha256:") {
		return r.host.Repo(repository).Digest(reference)
	}
	return r.host.Repo(repository).Tag(reference)
}

// find is what a tag or digest stands for. Its error may be a NoImage or a
// NoRepository.
func (r *Registry) find(ctx context.Context, repository, reference string) (d *remote.Descriptor, err error) {
	err = r.again(ctx, "looking for "+repository, func() error {
		d, err = r.puller.Get(ctx, r.reference(repository, reference))
		return err
	})
	switch {
	case says(err, transport.NameUnknownErrorCode):
		return nil, &NoRepository{repository}
	case says(err, transport.ManifestUnknownErrorCode):
		return nil, &NoImage{repository, reference}
	}
	return d, err
}

// image is the one for the platform that a tag or digest stands for, by itself
// or as one of several.
func (r *Registry) image(ctx context.Context, repository, reference string, want v1.Platform) (v1.Image, error) {
	source := repository + "@" + reference
	if !strings.HasPrefix(reference, "sha256:") {
		source = repository + ":" + reference
	}
	d, err := r.find(ctx, repository, reference)
	if err != nil {
		return nil, err
	}
	if d.MediaType.IsIndex() {
		index, err := d.ImageIndex()
		if err != nil {
			return nil, err
		}
		manifest, err := index.IndexManifest()
		if err != nil {
			return nil, err
		}
		var all []candidate
		for _, m := range manifest.Manifests {
			if c := (candidate{descriptor: m}); !c.attests() {
				all = append(all, c)
			}
		}
		found, err := choose(source, all, want)
		if err != nil {
			return nil, err
		}
		return r.image(ctx, repository, found.descriptor.Digest.String(), want)
	}
	image, err := d.Image()
	if err != nil {
		return nil, err
	}
	return image, r.again(ctx, "reading "+source, func() error { return fits(source, image, want) })
}

// tries is how often something is tried, for a bit over half a minute.
const tries = 8

// longestPause is between two tries.
const longestPause = 8 * time.Second

// again does something until it is done, or fails for good.
func (r *Registry) again(ctx context.Context, doing string, do func() error) error {
	next := 250 * time.Millisecond
	for n := 1; ; n++ {
		err := do()
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case n == tries || !passes(err):
			if isOurs(err) {
				return err
			}
			if file, ok := errors.AsType[*fs.PathError](err); ok {
				return &BadSource{file.Path, file.Error()}
			}
			return &Refused{r.host.Name(), doing, err}
		}
		if err := r.pause(ctx, next); err != nil {
			return err
		}
		next = min(2*next, longestPause)
	}
}

// isOurs reports an error that needs no more words.
func isOurs(err error) bool {
	_, source := errors.AsType[*BadSource](err)
	_, platform := errors.AsType[*OtherPlatform](err)
	return source || platform
}

// passes reports an error that may be none at another try.
func passes(err error) bool {
	if answer, ok := errors.AsType[*transport.Error](err); ok {
		return answer.StatusCode >= http.StatusInternalServerError || answer.StatusCode == http.StatusTooManyRequests || answer.Temporary()
	}
	_, ofFile := errors.AsType[*fs.PathError](err)
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	if ofFile || untrusted || isOurs(err) {
		return false
	}
	_, network := errors.AsType[net.Error](err)
	return network || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
}

// says reports whether the registry's answer has a code.
func says(err error, code transport.ErrorCode) bool {
	answer, ok := errors.AsType[*transport.Error](err)
	return ok && slices.ContainsFunc(answer.Errors, func(d transport.Diagnostic) bool { return d.Code == code })
}
