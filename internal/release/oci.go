package release

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// layout is an image layout, in a directory or in a tarball.
// https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
type layout struct {
	files  fs.FS
	source string // for errors
}

// indexFile is what a layout begins with.
const indexFile = "index.json"

// longestIndex is far more than an index or a manifest ever has.
const longestIndex = 8 << 20

// image is the one image of a layout that is for the platform.
func (l layout) image(want v1.Platform) (v1.Image, error) {
	raw, err := l.bytes(indexFile)
	if err != nil {
		return nil, err
	}
	var candidates []candidate
	if err := l.collect(raw, v1.Descriptor{}, 0, &candidates); err != nil {
		return nil, err
	}
	found, err := choose(l.source, candidates, want)
	if err != nil {
		return nil, err
	}
	return l.open(found.descriptor)
}

// deepest is how far indexes are followed into each other.
const deepest = 4

// collect lists the images of an index, and of those it refers to.
func (l layout) collect(raw []byte, from v1.Descriptor, depth int, all *[]candidate) error {
	var index v1.IndexManifest
	if err := json.Unmarshal(raw, &index); err != nil || len(index.Manifests) == 0 || depth > deepest {
		return &BadSource{l.source, "its index has no images in it"}
	}
	for _, d := range index.Manifests {
		if d.MediaType.IsIndex() {
			inner, err := l.blob(d)
			if err != nil {
				return err
			}
			if err := l.collect(inner, d, depth+1, all); err != nil {
				return err
			}
			continue
		}
		c := candidate{descriptor: d, name: d.Annotations["org.opencontainers.image.ref.name"]}
		if c.attests() {
			continue
		}
		if d.Platform == nil {
			image, err := l.open(d)
			if err != nil {
				return err
			}
			if c.descriptor.Platform, err = platformOf(image); err != nil {
				return &BadSource{l.source, err.Error()}
			}
		}
		*all = append(*all, c)
	}
	return nil
}

func (l layout) path(h v1.Hash) string { return "blobs/" + h.Algorithm + "/" + h.Hex }

// blob is a manifest or config, held against its digest.
func (l layout) blob(d v1.Descriptor) ([]byte, error) {
	raw, err := l.bytes(l.path(d.Digest))
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(raw); d.Digest.Algorithm != "sha256" || hex.EncodeToString(sum[:]) != d.Digest.Hex {
		return nil, &BadSource{l.source, fmt.Sprintf("it is damaged: %s is not what its name says", l.path(d.Digest))}
	}
	return raw, nil
}

func (l layout) bytes(name string) ([]byte, error) {
	f, err := l.files.Open(name)
	if err != nil {
		return nil, &BadSource{l.source, fmt.Sprintf("it is no image in the OCI layout, or not all of one: %s is missing", name)}
	}
	defer func() { _ = f.Close() }() // it was only read
	return io.ReadAll(io.LimitReader(f, longestIndex))
}

// open is an image of the layout, all of which is there.
func (l layout) open(d v1.Descriptor) (v1.Image, error) {
	raw, err := l.blob(d)
	if err != nil {
		return nil, err
	}
	manifest, err := v1.ParseManifest(bytes.NewReader(raw))
	if err != nil || manifest.Config.Digest.Hex == "" {
		return nil, &BadSource{l.source, fmt.Sprintf("%s is no manifest of an image", l.path(d.Digest))}
	}
	for _, part := range append(slices.Clone(manifest.Layers), manifest.Config) {
		f, err := l.files.Open(l.path(part.Digest))
		if err != nil {
			return nil, &BadSource{l.source, fmt.Sprintf("a layer of it is missing: %s", l.path(part.Digest))}
		}
		info, err := f.Stat()
		_ = f.Close() // it was not even read
		if err != nil || info.Size() != part.Size {
			return nil, &BadSource{l.source, fmt.Sprintf("it is damaged: %s does not have the %d bytes that its manifest says", l.path(part.Digest), part.Size)}
		}
	}
	return partial.CompressedToImage(&layoutImage{l, d, raw, manifest})
}

// layoutImage is what partial makes a whole image of.
type layoutImage struct {
	layout   layout
	is       v1.Descriptor
	raw      []byte
	manifest *v1.Manifest
}

func (i *layoutImage) RawManifest() ([]byte, error) { return i.raw, nil }

func (i *layoutImage) RawConfigFile() ([]byte, error) { return i.layout.blob(i.manifest.Config) }

func (i *layoutImage) MediaType() (types.MediaType, error) {
	if i.is.MediaType != "" {
		return i.is.MediaType, nil
	}
	return i.manifest.MediaType, nil
}

func (i *layoutImage) LayerByDigest(h v1.Hash) (partial.CompressedLayer, error) {
	for _, d := range append(slices.Clone(i.manifest.Layers), i.manifest.Config) {
		if d.Digest == h {
			return &layoutLayer{i.layout, d}, nil
		}
	}
	return nil, &BadSource{i.layout.source, fmt.Sprintf("it has no layer %s", h)}
}

// layoutLayer is a layer as it is stored.
type layoutLayer struct {
	layout layout
	is     v1.Descriptor
}

func (l *layoutLayer) Digest() (v1.Hash, error)            { return l.is.Digest, nil }
func (l *layoutLayer) Size() (int64, error)                { return l.is.Size, nil }
func (l *layoutLayer) MediaType() (types.MediaType, error) { return l.is.MediaType, nil }
func (l *layoutLayer) Descriptor() (*v1.Descriptor, error) { return &l.is, nil }
func (l *layoutLayer) Compressed() (io.ReadCloser, error) {
	return l.layout.files.Open(l.layout.path(l.is.Digest))
}
