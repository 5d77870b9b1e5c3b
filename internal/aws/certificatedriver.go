package aws

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// certificates drives Certificate. Ids are ARNs.
type certificates struct{ *Clients }

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
