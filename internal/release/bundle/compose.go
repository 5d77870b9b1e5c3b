package bundle

import (
	"fmt"
	"path"
	"strings"
)

// environmentFile is what the hooks render the application's environment into,
// and databaseCA the authorities whose certificates the database has.
const (
	environmentFile = "/var/lib/keyedin/application.env"
	databaseCA      = "/etc/keyedin/database-ca.pem"
)

// registry is given by the instance, so that a release is the same in each
// account.
const registry = "${KEYEDIN_REGISTRY:?is in /etc/keyedin/environment}"

// compose is the team's own file with the images by digest, or else one service
// an image.
func (in Input) compose() ([]byte, error) {
	if in.Compose != nil {
		return pin(in.ComposeName, in.Compose, in.Images)
	}
	return generated(in.Images), nil
}

// service is what an image's service is called, which is its name on the
// network too: backend for keyedin/backend.
func service(repository string) string { return path.Base(repository) }

// reference is an image as compose.yaml has it.
func reference(image Image) string { return registry + "/" + image.Repository + "@" + image.Digest }

// generated is a service an image; the last one answers on port 80 and starts
// after the others, whose names it may look up at once.
func generated(images []Image) []byte {
	var b strings.Builder
	b.WriteString("# Made by keyedin: a service an image, by digest. The services reach each other\n" +
		"# by their names; the last one answers on port 80.\nservices:\n")
	var before []string
	for i, image := range images {
		name := service(image.Repository)
		fmt.Fprintf(&b, "  %s:\n    image: %s\n", name, reference(image))
		b.WriteString("    restart: unless-stopped\n    stop_grace_period: 30s\n" +
			"    security_opt: [\"no-new-privileges:true\"]\n" +
			"    env_file: [" + environmentFile + "]\n" +
			"    volumes: [\"" + databaseCA + ":" + databaseCA + ":ro\"]\n")
		if i == len(images)-1 {
			b.WriteString("    ports: [\"80:80\"]\n")
			if len(before) > 0 {
				b.WriteString("    depends_on: [" + strings.Join(before, ", ") + "]\n")
			}
		}
		before = append(before, name)
	}
	return []byte(b.String())
}
