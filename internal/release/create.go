package release

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	infra "github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/release/bundle"
)

// Maker makes releases.
type Maker struct {
	Registry *Registry
	Store    Store
	// Platform is that of the instances; Repositories are those of a release, in
	// their order.
	Platform     v1.Platform
	Repositories []string
	// Say tells what is done, Tell how far a push is.
	Say  func(string)
	Tell func(Progress)
}

// Order is what to make.
type Order struct {
	Version string
	// Sources are where images are, by repository. The others have to be in ECR,
	// tagged with the version.
	Sources map[string]Source
	// Compose is the team's compose file, ComposeName what it is called.
	Compose     []byte
	ComposeName string
	// Revision, By and Tool go to the release as they are.
	Revision, By, Tool string
	Created            time.Time
}

// resolved is an image that was found.
type resolved struct {
	repository string
	image      v1.Image
	local      *local // nil where it is in ECR
	tagged     bool   // ECR has it under the version
}

// Create makes a release, or finishes it; made is false if it was there already,
// with the same content. Nothing is pushed before all images were found and the
// version is known to be free. Its error may be a Differs, a TagTaken, a
// Reserved, or one of a source.
func (m *Maker) Create(ctx context.Context, o Order) (r bundle.Release, made bool, err error) {
	if err := bundle.CheckVersion(o.Version); err != nil {
		return r, false, err
	}
	if strings.HasPrefix(o.Version, infra.DeployedTag) {
		return r, false, &Reserved{o.Version}
	}
	all, err := m.resolveAll(ctx, o)
	defer func() {
		for _, one := range all {
			one.close()
		}
	}()
	if err != nil {
		return r, false, err
	}
	archive, r, err := o.build(all)
	if err != nil {
		return r, false, err
	}
	if err := m.free(ctx, r); err != nil {
		return r, false, err
	}
	if err := m.pushAll(ctx, o.Version, all); err != nil {
		return r, false, err
	}
	return m.Store.Create(ctx, archive, r)
}

// close gives the files of an image back.
func (r resolved) close() {
	if r.local != nil {
		r.local.close()
	}
}

// resolveAll finds the images of all repositories. What it returns is to be
// closed, also where it fails.
func (m *Maker) resolveAll(ctx context.Context, o Order) ([]resolved, error) {
	var all []resolved
	for _, repository := range m.Repositories {
		one, err := m.resolve(ctx, repository, o)
		all = append(all, one)
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

// resolve finds the image of a repository.
func (m *Maker) resolve(ctx context.Context, repository string, o Order) (resolved, error) {
	found := resolved{repository: repository}
	has, err := m.Registry.image(ctx, repository, o.Version, m.Platform)
	_, untagged := errors.AsType[*NoImage](err)
	source, chosen := o.Sources[repository]
	switch {
	case err == nil:
		found.tagged = true
	case !untagged:
		return found, err
	case !chosen:
		return found, fmt.Errorf("%w, and no --image says where it is.\nSay so with: --image %s=SOURCE (a docker image, a tarball, a directory in the OCI layout, or :TAG)", err, repository)
	}
	if !chosen {
		found.image = has
		return found, nil
	}
	if source.kind == inRegistry {
		found.image, err = m.Registry.image(ctx, repository, source.where, m.Platform)
	} else {
		m.Say(fmt.Sprintf("Reading the image of %s from %s ...", repository, source.given))
		var l local
		l, err = open(ctx, source, m.Platform)
		found.image, found.local = l.Image, &l
	}
	if err != nil || !found.tagged {
		return found, err
	}
	return found, same(repository, o.Version, has, found.image)
}

// build makes the archive of what was found.
func (o Order) build(all []resolved) ([]byte, bundle.Release, error) {
	in := bundle.Input{
		Version: o.Version, Compose: o.Compose, ComposeName: o.ComposeName,
		Revision: o.Revision, Created: o.Created, By: o.By, Tool: o.Tool,
	}
	for _, one := range all {
		digest, err := one.image.Digest()
		if err != nil {
			return nil, bundle.Release{}, err
		}
		manifest, err := one.image.Manifest()
		if err != nil {
			return nil, bundle.Release{}, err
		}
		i := bundle.Image{Repository: one.repository, Digest: digest.String()}
		for _, l := range manifest.Layers {
			i.Size += l.Size
		}
		in.Images = append(in.Images, i)
	}
	return bundle.Build(in)
}

// free refuses a version that is there with other content.
func (m *Maker) free(ctx context.Context, want bundle.Release) error {
	have, err := m.Store.Get(ctx, want.Version)
	if _, none := errors.AsType[*NoRelease](err); none {
		return nil
	}
	if err == nil && have.Content != want.Content {
		return &Differs{Have: have, Want: want}
	}
	return err
}

// pushAll brings to ECR what is not there.
func (m *Maker) pushAll(ctx context.Context, version string, all []resolved) error {
	from := map[v1.Hash]string{}
	for _, one := range all {
		if one.tagged {
			continue
		}
		if one.local != nil {
			p := &push{registry: m.Registry, repository: one.repository, tell: m.Tell, from: from}
			if err := p.layers(ctx, one.image); err != nil {
				return err
			}
		}
		if err := m.Registry.tag(ctx, one.repository, version, one.image, m.Platform); err != nil {
			return err
		}
	}
	return nil
}
