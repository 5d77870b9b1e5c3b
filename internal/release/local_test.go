package release

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	ondisk "github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

func ours() v1.Platform { return Platform("x86_64") }

func image(t *testing.T, arch string) v1.Image {
	t.Helper()
	made, err := random.Image(3000, 3)
	if err != nil {
		t.Fatal(err)
	}
	config, err := made.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", arch
	if made, err = mutate.ConfigFile(made, config); err != nil {
		t.Fatal(err)
	}
	return mutate.MediaType(mutate.ConfigMediaType(made, types.OCIConfigJSON), types.OCIManifestSchema1)
}

// laid is a layout of images, each a manifest in its index.
func laid(t *testing.T, images ...v1.Image) string {
	t.Helper()
	dir := t.TempDir()
	path, err := ondisk.Write(dir, empty.Index)
	for _, i := range images {
		if err == nil {
			err = path.AppendImage(i)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// packed is a folder as a tarball.
func packed(t *testing.T, dir string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	if err := w.AddFS(os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func written(t *testing.T, name string, body []byte) Source {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, body, 0o600); err != nil {
		t.Fatal(err)
	}
	return Source{kind: inTarball, where: path, given: name}
}

func zipped(t *testing.T, body []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// The same image is had from wherever it is, with the same digest.
func TestOpen(t *testing.T) {
	t.Parallel()
	want := image(t, "amd64")
	dir := laid(t, want)
	oci := packed(t, dir)
	var docker bytes.Buffer
	if err := tarball.Write(name.MustParseReference("app:dev"), want, &docker); err != nil {
		t.Fatal(err)
	}
	both := packed(t, both(t, dir, docker.Bytes()))
	for what, s := range map[string]Source{
		"layout": {kind: inLayout, where: dir}, "tarball of a layout": written(t, "a.tar", oci), "zipped": written(t, "a.tar.gz", zipped(t, oci)),
		"docker and layout": written(t, "b.tar", both), "docker": written(t, "c.tar", docker.Bytes()), "docker, zipped": written(t, "d.tgz", zipped(t, docker.Bytes())),
	} {
		got, err := open(context.Background(), s, ours())
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if err := validate.Image(got.Image); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		a, _ := got.ConfigName()
		b, _ := want.ConfigName()
		if a != b {
			t.Errorf("%s: another image", what)
		}
		d, _ := got.Digest()
		if e, _ := want.Digest(); what[:6] != "docker" && d != e {
			t.Errorf("%s: another digest", what)
		}
		got.close()
	}
}

// both is a folder with a layout and what docker save writes.
func both(t *testing.T, dir string, docker []byte) string {
	t.Helper()
	all := t.TempDir()
	if err := os.CopyFS(all, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	r := tar.NewReader(bytes.NewReader(docker))
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		body, readErr := io.ReadAll(r)
		if err != nil || readErr != nil || os.WriteFile(filepath.Join(all, h.Name), body, 0o600) != nil {
			t.Fatal(err, readErr)
		}
	}
}

// What is damaged, for others or not one image is refused in words of its own.
func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	one := image(t, "amd64")
	damaged := func(change func(path string)) string {
		dir := laid(t, one)
		layers, err := one.Layers()
		if err != nil {
			t.Fatal(err)
		}
		h, err := layers[1].Digest()
		if err != nil {
			t.Fatal(err)
		}
		change(filepath.Join(dir, "blobs", "sha256", h.Hex))
		return dir
	}
	other := (*OtherPlatform)(nil)
	if _, err := open(t.Context(), Source{kind: inLayout, where: laid(t, image(t, "arm64")), given: "x"}, ours()); !errors.As(err, &other) || other.Has[0] != "linux/arm64" || other.Want != "linux/amd64" {
		t.Errorf("another platform: %v", err)
	}
	for what, dir := range map[string]string{
		"missing": damaged(func(path string) { _ = os.Remove(path) }), "cut": damaged(func(path string) { _ = os.Truncate(path, 10) }),
		"two": laid(t, one, image(t, "amd64")), "empty": laid(t), "nothing": t.TempDir(),
	} {
		bad := (*BadSource)(nil)
		if _, err := open(t.Context(), Source{kind: inLayout, where: dir, given: "x"}, ours()); !errors.As(err, &bad) {
			t.Errorf("%s: %v", what, err)
		}
		if _, err := open(t.Context(), written(t, "x.tar", packed(t, dir)), ours()); !errors.As(err, &bad) {
			t.Errorf("%s, in a tarball: %v", what, err)
		}
	}
	if _, err := open(t.Context(), Source{kind: inLayout, where: laid(t, one, image(t, "arm64")), given: "x"}, ours()); err != nil {
		t.Errorf("one of each platform: %v", err)
	}
}
