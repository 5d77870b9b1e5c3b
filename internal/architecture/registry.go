package architecture

import (
	"github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// keptImages is how many images of a repository stay: enough to roll back to.
const keptImages = 50

// registry is a repository for each image. Tags never move, so that a release
// is the same wherever and whenever it is pulled.
func registry(e environment) []engine.Ref[aws.Repository] {
	e.Module("registry")
	var images []engine.Ref[aws.Repository]
	for _, name := range e.config.App.Repositories {
		images = append(images, engine.Add(e.Stack, name, aws.Repository{
			Name: name, Immutable: true, ScanOnPush: true, Keep: keptImages,
		}))
	}
	return images
}
