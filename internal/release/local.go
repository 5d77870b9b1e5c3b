package release

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// local is an image of this machine; close gives its files back.
type local struct {
	v1.Image
	file *os.File
}

func (l local) close() {
	if l.file != nil {
		l.file.Close()
	}
}

// open finds an image of this machine, for the platform.
func open(ctx context.Context, s Source, want v1.Platform) (l local, err error) {
	defer func() {
		if err != nil {
			l.close()
		}
	}()
	switch s.kind {
	case inLayout:
		l.Image, err = layout{os.DirFS(s.where), s.given}.image(want)
	case inTarball:
		if l.file, err = unzipped(ctx, s.where); err == nil {
			l.Image, err = saved(l.file, s.given, want)
		}
	case inDocker:
		if l.file, err = fromDocker(ctx, s.where); err == nil {
			l.Image, err = saved(l.file, s.given, want)
		}
	}
	if err != nil {
		return l, err
	}
	return l, fits(s.given, l.Image, want)
}

// saved is the image in a tarball, of the OCI layout or as `docker save` writes
// it. Where it is both, the layout has the image as it was built, unless its
// layers are not compressed.
func saved(file *os.File, source string, want v1.Platform) (v1.Image, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, &BadSource{source, err.Error()}
	}
	whole := func() *io.SectionReader { return io.NewSectionReader(file, 0, info.Size()) }
	files, err := indexTar(whole())
	if err != nil {
		return nil, &BadSource{source, "it is no tarball, or is cut short: " + err.Error()}
	}
	_, docker := files.files["manifest.json"]
	_, oci := files.files[indexFile]
	switch {
	case oci:
		image, err := layout{files, source}.image(want)
		if !docker || err == nil && compressed(image) {
			return image, err
		}
	case !docker:
		return nil, &BadSource{source, "it is a tarball without an image in it: neither index.json nor manifest.json is there"}
	}
	opener := func() (io.ReadCloser, error) { return section{whole()}, nil }
	if manifest, err := tarball.LoadManifest(opener); err == nil && len(manifest) > 1 {
		return nil, &BadSource{source, fmt.Sprintf("it has %d images in it; save the one of the release alone", len(manifest))}
	}
	image, err := tarball.Image(opener, nil)
	if err != nil {
		return nil, &BadSource{source, "it cannot be read: " + err.Error()}
	}
	return image, nil
}

// section can be sought in, so that what is not wanted is not read.
type section struct{ *io.SectionReader }

func (section) Close() error { return nil }

// compressed reports whether all layers of an image are.
func compressed(image v1.Image) bool {
	manifest, err := image.Manifest()
	if err != nil {
		return false
	}
	for _, l := range manifest.Layers {
		if kind := string(l.MediaType); !strings.HasSuffix(kind, "gzip") && !strings.HasSuffix(kind, "zstd") {
			return false
		}
	}
	return true
}

// unzipped is a file, or what is in it if it is compressed as a whole.
func unzipped(ctx context.Context, path string) (*os.File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, &BadSource{path, err.Error()}
	}
	magic := make([]byte, 2)
	if n, err := file.ReadAt(magic, 0); n < 2 || magic[0] != 0x1f || magic[1] != 0x8b {
		if err != nil && !errors.Is(err, io.EOF) {
			err = &BadSource{path, err.Error()}
			file.Close()
			return nil, err
		}
		return file, nil
	}
	defer file.Close()
	return spooled(func(to io.Writer) error {
		in, err := gzip.NewReader(bufio.NewReader(file))
		if err == nil {
			_, err = io.Copy(to, reader{ctx, in})
		}
		if err != nil && ctx.Err() == nil {
			return &BadSource{path, "it cannot be decompressed: " + err.Error()}
		}
		return err
	})
}

// reader ends with its context.
type reader struct {
	ctx context.Context
	io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

// fromDocker has the docker command save an image. That finds the daemon as its
// user has set it up, with contexts, over SSH, or in Docker's own virtual machine.
func fromDocker(ctx context.Context, image string) (*os.File, error) {
	docker, err := exec.LookPath("docker")
	if err != nil {
		return nil, &BadSource{image, "there is no such file, and to take it for a docker image the command docker is missing on this machine.\n" +
			"Give a tarball (docker save -o app.tar), a directory in the OCI layout, or a tag (:1.3.9) that is in ECR"}
	}
	var said strings.Builder
	file, err := spooled(func(to io.Writer) error {
		save := exec.CommandContext(ctx, docker, "image", "save", image)
		save.Stdout, save.Stderr = to, &said
		return save.Run()
	})
	if err != nil && ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if _, failed := errors.AsType[*exec.ExitError](err); failed {
		return nil, &BadSource{image, "docker cannot give it: " + strings.TrimSpace(said.String()) +
			"\nSee what there is with: docker image ls"}
	}
	return file, err
}

// spooled is a file of this process alone, which is gone when it is closed.
func spooled(write func(io.Writer) error) (*os.File, error) {
	file, err := os.CreateTemp("", "keyedin-image-*.tar")
	if err != nil {
		return nil, onDisk(err)
	}
	_ = os.Remove(file.Name()) // where an open file cannot be removed it stays in the folder for such
	if err := write(file); err != nil {
		file.Close()
		return nil, onDisk(err)
	}
	return file, nil
}

// onDisk puts an error of a file into words; left as it is it would be taken for
// one of the network, as both are of the operating system.
func onDisk(err error) error {
	if _, ok := errors.AsType[*fs.PathError](err); !ok {
		return err
	}
	return &BadSource{"an image on its way", err.Error() + "\nIs there room in the folder for temporary files (TMPDIR)?"}
}
