package aws

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/engine/enginetest"
)

// Public keys whose private halves nobody has.
const (
	keyOne = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPUBwTkKjCSXhKnYFYC+BAYXoCsKbbONFq1ABWw1w0qO"
	keyTwo = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGq2aBdwXq9vV9YyXbX8v6rVjWm8bq1v6h3J0m0Zt4cM"
)

func TestKeyPair(t *testing.T) {
	step := func(name, key string) enginetest.Step {
		return func(st *engine.Stack) {
			engine.Add(st, "bastion", KeyPair{Name: "sample-" + st.Environment + "-" + name, PublicKey: key})
		}
	}
	conform(t, step("bastion", keyOne), step("bastion", keyTwo), step("door", keyTwo))
}

// A key pair of that name that somebody else imported stops the plan.
func TestKeyPairOfAStranger(t *testing.T) {
	a := newLived(t)
	a.must(a.EC2.ImportKeyPair(t.Context(), &ec2.ImportKeyPairInput{
		KeyName: aws.String("sample-test-bastion"), PublicKeyMaterial: []byte(keyTwo + " someone@example.com"),
	}))
	a.wantProblems(a.plan(func(st *engine.Stack) {
		engine.Add(st, "bastion", KeyPair{Name: "sample-test-bastion", PublicKey: keyOne})
	}), "key-pair/bastion")
}
