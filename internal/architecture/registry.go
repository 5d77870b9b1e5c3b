package architecture

import (
	"github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/config"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// longAddress is what fits into a tag of 256 characters, behind the kind.
const longAddress = 240

// keptImages is how many images of a repository stay. keptDeployed is how many of
// those that were deployed do, and is twice that: ECR counts them by when they were
// pushed, so that one that is gone back to is not among the newest.
const (
	keptImages   = 50
	keptDeployed = 100
)

// registry is a repository for each image. Tags never move, so that a release
// is the same wherever and whenever it is pulled.
func registry(e environment) []engine.Ref[aws.Repository] {
	e.Module("registry")
	var images []engine.Ref[aws.Repository]
	for _, name := range e.config.App.Repositories {
		address := name
		if len(address) > longAddress {
			address = config.Physical(longAddress, name)
		}
		images = append(images, engine.Add(e.Stack, address, aws.Repository{
			Name: name, Immutable: true, ScanOnPush: true, Keep: keptImages, KeepDeployed: keptDeployed,
		}))
	}
	return images
}
