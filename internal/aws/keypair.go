package aws

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// KeyPair is the public half of a key that people reach an instance with. AWS
// never sees the private half.
type KeyPair struct {
	// Name is 1 to 255 ASCII characters.
	Name string `json:"name"`
	// PublicKey is in OpenSSH's form, without a comment.
	PublicKey string `json:"public-key"`
}

// Kind implements engine.Spec.
func (KeyPair) Kind() string { return "key-pair" }

// Fixed implements engine.Fixer.
func (KeyPair) Fixed() []string { return []string{"name", "public-key"} }

// KeyPairName is the name that an instance takes a key pair by.
func KeyPairName(r engine.Ref[KeyPair]) engine.Value[string] { return engine.Attr[string](r, "name") }

type keyPairs struct{ ec2Kind }

// Read lists by tags, and asks for the names that are wanted and not among
// these: they are free, or somebody else's.
func (d keyPairs) Read(ctx context.Context, scope engine.Scope) ([]engine.Live[KeyPair], error) {
	lives, err := d.list(ctx, scope, ours(scope))
	if err != nil {
		return nil, err
	}
	missing := slices.DeleteFunc(scope.Names("key-pair"), func(name string) bool {
		return slices.ContainsFunc(lives, func(l engine.Live[KeyPair]) bool { return l.Spec.Name == name })
	})
	if len(missing) == 0 {
		return lives, nil
	}
	others, err := d.list(ctx, scope, []types.Filter{{Name: aws.String("key-name"), Values: missing}})
	return append(lives, others...), err
}

func (d keyPairs) list(ctx context.Context, scope engine.Scope, filters []types.Filter) ([]engine.Live[KeyPair], error) {
	out, err := d.EC2.DescribeKeyPairs(ctx, &ec2.DescribeKeyPairsInput{IncludePublicKey: aws.Bool(true), Filters: filters})
	if err != nil {
		return nil, err
	}
	var lives []engine.Live[KeyPair]
	for _, k := range out.KeyPairs {
		live := engine.Live[KeyPair]{
			ID: aws.ToString(k.KeyPairId), Attrs: map[string]any{"name": aws.ToString(k.KeyName)},
			Spec: KeyPair{Name: aws.ToString(k.KeyName), PublicKey: withoutComment(aws.ToString(k.PublicKey))},
		}
		belongs(scope, &live, fromEC2(k.Tags))
		lives = append(lives, live)
	}
	return lives, nil
}

// withoutComment keeps the type and the key: AWS puts the name behind them.
func withoutComment(key string) string {
	fields := strings.Fields(key)
	return strings.Join(fields[:min(2, len(fields))], " ")
}

func (d keyPairs) Create(ctx context.Context, id engine.Identity, s KeyPair) error {
	_, err := d.EC2.ImportKeyPair(ctx, &ec2.ImportKeyPairInput{
		KeyName: aws.String(s.Name), PublicKeyMaterial: []byte(s.PublicKey), TagSpecifications: tagged(id, types.ResourceTypeKeyPair),
	})
	return err
}

// Update is not asked for: every field is fixed.
func (d keyPairs) Update(context.Context, engine.Live[KeyPair], KeyPair, engine.Fields) error {
	return nil
}

func (d keyPairs) Delete(ctx context.Context, is engine.Live[KeyPair]) error {
	_, err := d.EC2.DeleteKeyPair(ctx, &ec2.DeleteKeyPairInput{KeyName: aws.String(is.Spec.Name)})
	return err
}
