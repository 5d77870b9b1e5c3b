package release

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
)

// kind is where an image is.
type kind int

const (
	inRegistry kind = iota // a tag or digest in ECR
	inLayout               // a directory in the OCI layout
	inTarball              // a file that docker or another tool saved
	inDocker               // an image of the Docker daemon
)

// Source is where an image is to be had. The zero value stands for the tag that
// has the version's name.
type Source struct {
	kind  kind
	where string // path, tag, digest or name
	given string // as it was written
}

// Choose reads what --image says: REPOSITORY=SOURCE, or SOURCE where its name
// tells the repository. Its error may be a BadSource.
func Choose(values, repositories []string) (map[string]Source, error) {
	chosen := map[string]Source{}
	for _, value := range values {
		repository, where, said := strings.Cut(value, "=")
		if !said {
			where = value
		}
		source, err := parse(where)
		if err != nil {
			return nil, err
		}
		if !said {
			if repository, err = follows(source, repositories); err != nil {
				return nil, err
			}
		}
		if !slices.Contains(repositories, repository) {
			return nil, &BadSource{value, fmt.Sprintf("%s is none of app.repositories, which are %s", repository, strings.Join(repositories, ", "))}
		}
		if other, twice := chosen[repository]; twice {
			return nil, &BadSource{value, fmt.Sprintf("%s has its image from %s already", repository, other.given)}
		}
		chosen[repository] = source
	}
	return chosen, nil
}

// parse tells by its form, and by what is there, what a source is.
func parse(text string) (Source, error) {
	s := Source{given: text}
	switch {
	case text == "":
		return s, &BadSource{"--image", "it is REPOSITORY=SOURCE, and one of them is missing"}
	case strings.HasPrefix(text, ":"), strings.HasPrefix(text, "@"):
		s.where = text[1:]
		if _, err := name.NewTag("repository" + text); text[0] == ':' && err != nil {
			return s, &BadSource{text, "this is no tag; one has up to 128 letters, digits, dots, dashes and underscores"}
		}
		if _, err := name.NewDigest("repository" + text); text[0] == '@' && err != nil {
			return s, &BadSource{text, "this is no digest; one is sha256: and 64 hexadecimal digits"}
		}
		return s, nil
	}
	s.where = strings.TrimPrefix(text, "file://")
	if info, err := os.Stat(s.where); err == nil {
		s.kind = inTarball
		if info.IsDir() {
			s.kind = inLayout
		}
		return s, nil
	} else if isPath(text) {
		return s, &BadSource{text, "there is no such file or directory"}
	}
	if _, err := name.ParseReference(text); err != nil {
		return s, &BadSource{text, "this is neither a file that is there nor a name of an image.\n" +
			"A source is a docker image (app:dev), a tarball (app.tar), a directory in the OCI layout (./app),\n" +
			"or a tag (:1.3.9) or digest (@sha256:...) of the repository in ECR"}
	}
	s.kind = inDocker
	return s, nil
}

// isPath tells a path from a name of an image.
func isPath(text string) bool {
	return strings.HasPrefix(text, "file://") || strings.HasPrefix(text, "~") || strings.HasPrefix(text, ".") || filepath.IsAbs(text) ||
		strings.HasSuffix(text, "/") || unpacked(text) != text
}

// unpacked is a name without the ending that tarballs have.
func unpacked(text string) string {
	for _, ending := range []string{".tar.gz", ".tgz", ".tar"} {
		if bare, ok := strings.CutSuffix(text, ending); ok {
			return bare
		}
	}
	return text
}

// follows is the repository that has a source's name.
func follows(s Source, repositories []string) (string, error) {
	called := path.Base(filepath.ToSlash(filepath.Clean(s.where)))
	if s.kind == inDocker {
		if ref, err := name.ParseReference(s.where); err == nil {
			called = path.Base(ref.Context().RepositoryStr())
		}
	}
	called = unpacked(called)
	var found []string
	for _, repository := range repositories {
		if path.Base(repository) == called && s.kind != inRegistry {
			found = append(found, repository)
		}
	}
	if len(found) != 1 {
		return "", &BadSource{s.given, fmt.Sprintf("say which repository this is for, such as --image %s=%s; there are %s",
			repositories[0], s.given, strings.Join(repositories, ", "))}
	}
	return found[0], nil
}
