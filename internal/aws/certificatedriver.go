package aws

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
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

// certificates drives Certificate. Ids are ARNs.
type certificates struct{ *Clients }

// requested is a certificate as ACM has it.
type requested struct {
	engine.Live[Certificate]
	// fresh is true in its first minute, in which ACM has looked for nothing yet.
	fresh bool
}

// Read looks at whether the domain is delegated only where ACM waits for it.
func (d certificates) Read(ctx context.Context, scope engine.Scope) ([]engine.Live[Certificate], error) {
	found, err := d.certificates(ctx, scope)
	if err != nil {
		return nil, err
	}
	lives := make([]engine.Live[Certificate], 0, len(found))
	for _, c := range found {
		if c.Status == engine.Pending && c.proven() {
			text, err := d.missingDelegation(ctx, scope, c.Spec.Domain)
			if err != nil {
				return nil, err
			}
			c.await(text)
		}
		lives = append(lives, c.Live)
	}
	return lives, nil
}

// proven reports whether ACM has said for all names which records prove them.
func (c requested) proven() bool {
	return !slices.ContainsFunc(c.Spec.Names, func(name string) bool {
		_, said := c.Attrs["record-name/"+name]
		return !said
	})
}

// await tells what a person has to do, and after a while that it waits for that.
func (c *requested) await(text string) {
	if text == "" {
		return
	}
	c.Reason = text
	if !c.fresh {
		c.Status = engine.Waiting
	}
}

// missingDelegation says what is to be done when the public DNS does not know
// the zone that the domain is in.
func (d certificates) missingDelegation(ctx context.Context, scope engine.Scope, domain string) (string, error) {
	zones, err := d.dnsZones(ctx, scope)
	if err != nil {
		return "", err
	}
	for _, z := range zones {
		if domain != z.name && !strings.HasSuffix(domain, "."+z.name) {
			continue
		}
		sets, err := d.recordSets(ctx, scope, z.id)
		if err != nil {
			return "", err
		}
		return d.undelegated(ctx, z.name, servers(z, sets)), nil
	}
	return "", nil
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

// Create asks for another one when the last failed: within an hour the token
// alone would give that again.
func (d certificates) Create(ctx context.Context, id engine.Identity, s Certificate) error {
	scope := engine.NewScope(id.Project, id.Environment, []engine.Expected{
		{Kind: s.Kind(), Address: id.Address, Document: engine.Document{"domain": s.Domain}},
	})
	before, err := d.certificates(ctx, scope)
	if err != nil {
		return err
	}
	_, err = d.ACM.RequestCertificate(ctx, &acm.RequestCertificateInput{
		DomainName: aws.String(s.Domain), SubjectAlternativeNames: s.others(), ValidationMethod: types.ValidationMethodDns,
		KeyAlgorithm: types.KeyAlgorithmRsa2048, IdempotencyToken: aws.String(requestToken(id.Token, before)),
		Tags: toACM(id.Tags),
	})
	return err
}

// others are the names beside the domain. ACM refuses an empty list.
func (s Certificate) others() []string {
	var others []string
	for _, name := range s.Names {
		if name != s.Domain {
			others = append(others, name)
		}
	}
	return others
}

// requestToken is the identity's token, and another one with each that failed.
func requestToken(token string, before []requested) string {
	var failed []string
	for _, c := range before {
		if c.Status == engine.Failed {
			failed = append(failed, c.ID)
		}
	}
	if failed == nil {
		return token
	}
	slices.Sort(failed)
	sum := sha256.Sum256([]byte(token + strings.Join(failed, "")))
	return hex.EncodeToString(sum[:16])
}

// Update has nothing to do: the names cannot be changed.
func (d certificates) Update(context.Context, engine.Live[Certificate], Certificate, engine.Fields) error {
	return nil
}

// Delete is refused for some minutes after the last listener let go of it.
func (d certificates) Delete(ctx context.Context, is engine.Live[Certificate]) error {
	_, err := d.ACM.DeleteCertificate(ctx, &acm.DeleteCertificateInput{CertificateArn: aws.String(is.ID)})
	return err
}

// Tag implements engine.Tagger.
func (d certificates) Tag(ctx context.Context, id string, set map[string]string, unset []string) error {
	if len(set) > 0 {
		if _, err := d.ACM.AddTagsToCertificate(ctx, &acm.AddTagsToCertificateInput{
			CertificateArn: aws.String(id), Tags: toACM(set),
		}); err != nil {
			return err
		}
	}
	if len(unset) == 0 {
		return nil
	}
	var keys []types.Tag
	for _, key := range unset {
		keys = append(keys, types.Tag{Key: aws.String(key)})
	}
	_, err := d.ACM.RemoveTagsFromCertificate(ctx, &acm.RemoveTagsFromCertificateInput{CertificateArn: aws.String(id), Tags: keys})
	return err
}

func toACM(tags map[string]string) []types.Tag {
	return tagList(tags, func(k, v *string) types.Tag { return types.Tag{Key: k, Value: v} })
}
