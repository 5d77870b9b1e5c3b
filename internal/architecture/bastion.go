package architecture

import (
	"github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

const (
	noBastion   = "none"
	bastionDisk = 8 // GiB, the size of Amazon Linux's own image
)

// bastion is the machine people go through to reach the database: by the key,
// from bastion.allow; or through AWS Session Manager, from wherever their AWS
// permissions let them.
func bastion(e environment, net netRefs, doors doorRefs, roles roleRefs, k Keys) {
	if e.config.Bastion.Type == noBastion {
		return
	}
	e.Module("bastion")
	spec := aws.Instance{
		Name: e.title("bastion"), Image: e.facts.BastionImage, Type: e.config.Bastion.Type,
		Subnet:         net.public[0],
		SecurityGroups: engine.Set[engine.Ref[aws.SecurityGroup]]{doors.bastion},
		Profile:        roles.bastion, PublicIP: true,
		Disk:     aws.Disk{Device: aws.RootDevice, Size: bastionDisk, Type: "gp3", Encrypted: true},
		Metadata: aws.Metadata{Tokens: "required", HopLimit: 1},
		After:    net.reachable,
	}
	if k.Bastion != "" {
		// There even when nobody is let in by it: a running instance's key cannot be
		// changed, and opening bastion.allow must not replace the instance.
		key := engine.Add(e.Stack, "bastion", aws.KeyPair{Name: e.name("bastion"), PublicKey: k.Bastion})
		spec.Key = aws.KeyPairName(key)
	}
	engine.Add(e.Stack, "bastion", spec)
}
