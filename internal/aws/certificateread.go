package aws

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"
	"golang.org/x/sync/errgroup"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// requested is a certificate as ACM has it.
type requested struct {
	engine.Live[Certificate]
	// fresh is true in its first minute, in which ACM has looked for nothing yet.
	fresh bool
}

// certificates are the environment's, once a round for them and for the
// records they are proven by.
func (c *Clients) certificates(ctx context.Context, s engine.Scope) ([]requested, error) {
	return engine.Once(s, "certificates", func() ([]requested, error) {
		arns, err := c.certificatesFor(ctx, s)
		if err != nil {
			return nil, err
		}
		return fetch(ctx, arns, func(ctx context.Context, arn string) (*requested, error) {
			return c.certificate(ctx, s, arn)
		})
	})
}

// certificatesFor lists the certificates of the wanted domains, whoever's they
// are, and those of the state. The list is of all in the account, a thousand a
// call; it has RSA certificates only, unless asked for others.
// https://docs.aws.amazon.com/acm/latest/APIReference/API_ListCertificates.html
func (c *Clients) certificatesFor(ctx context.Context, s engine.Scope) ([]string, error) {
	known := s.Of(Certificate{}.Kind())
	if len(known) == 0 {
		return nil, nil
	}
	var arns []string
	pages := acm.NewListCertificatesPaginator(c.ACM, &acm.ListCertificatesInput{MaxItems: aws.Int32(1000)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, summary := range page.CertificateSummaryList {
			arn, domain := aws.ToString(summary.CertificateArn), plainName(aws.ToString(summary.DomainName))
			if slices.ContainsFunc(known, func(k engine.Expected) bool { return k.ID == arn || k.Document.Text("domain") == domain }) {
				arns = append(arns, arn)
			}
		}
	}
	return arns, nil
}

// certificate reads one, and returns nil when it is not the environment's.
func (c *Clients) certificate(ctx context.Context, s engine.Scope, arn string) (*requested, error) {
	var detail *acm.DescribeCertificateOutput
	var tags *acm.ListTagsForCertificateOutput
	group, all := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		detail, err = c.ACM.DescribeCertificate(all, &acm.DescribeCertificateInput{CertificateArn: aws.String(arn)})
		return err
	})
	group.Go(func() (err error) {
		tags, err = c.ACM.ListTagsForCertificate(all, &acm.ListTagsForCertificateInput{CertificateArn: aws.String(arn)})
		return err
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	live := certificateOf(*detail.Certificate)
	live.Tags = tagMap(tags.Tags, func(t types.Tag) (*string, *string) { return t.Key, t.Value })
	if isOurs(s, live.Tags) {
		live.Address = live.Tags[engine.TagAddress]
	} else if !isRecorded(s, live.Spec.Kind(), arn) {
		return nil, nil
	}
	now, ok := middleware.GetServerTime(detail.ResultMetadata)
	return &requested{live, ok && now.Sub(aws.ToTime(detail.Certificate.CreatedAt)) < time.Minute}, nil
}

func certificateOf(c types.CertificateDetail) engine.Live[Certificate] {
	live := engine.Live[Certificate]{
		ID: aws.ToString(c.CertificateArn), Spec: Certificate{Domain: plainName(aws.ToString(c.DomainName))}, Attrs: map[string]any{},
	}
	for _, name := range c.SubjectAlternativeNames {
		live.Spec.Names = append(live.Spec.Names, plainName(name))
	}
	var open []string
	for _, v := range c.DomainValidationOptions {
		domain := plainName(aws.ToString(v.DomainName))
		if v.ResourceRecord != nil {
			live.Attrs["record-name/"+domain] = plainName(aws.ToString(v.ResourceRecord.Name))
			live.Attrs["record-value/"+domain] = plainName(aws.ToString(v.ResourceRecord.Value))
		}
		if v.ValidationStatus != types.DomainStatusSuccess {
			open = append(open, domain)
		}
	}
	switch c.Status {
	case types.CertificateStatusIssued:
		live.Attrs["issued"] = live.ID
	case types.CertificateStatusPendingValidation:
		live.Status, live.Reason = engine.Pending, "ACM has not seen the records yet that prove "+strings.Join(open, ", ")
	case types.CertificateStatusFailed:
		live.Status, live.Reason = engine.Failed, string(c.FailureReason)
	case types.CertificateStatusValidationTimedOut, types.CertificateStatusExpired, types.CertificateStatusRevoked, types.CertificateStatusInactive:
		live.Status, live.Reason = engine.Failed, string(c.Status)
	default:
		live.Status, live.Reason = engine.Pending, string(c.Status)
	}
	return live
}
