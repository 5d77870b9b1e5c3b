package release

import (
	"archive/tar"
	"errors"
	"io"
	"io/fs"
	"path"
	"time"
)

// tarFS are the plain files of a tarball, by where they are in it.
type tarFS struct {
	from  io.ReaderAt
	files map[string]tarFile
}

// tarFile is one of them, also as what it says of itself.
type tarFile struct {
	name         string
	offset, size int64
}

// indexTar reads where the files of a tarball are. The tar reader goes over
// contents with Seek, and is right behind a header when it has returned it.
func indexTar(from *io.SectionReader) (*tarFS, error) {
	t := &tarFS{from: from, files: map[string]tarFile{}}
	for r := tar.NewReader(from); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return nil, err
		}
		at, err := from.Seek(0, io.SeekCurrent)
		if err != nil {
			return nil, err
		}
		if h.Typeflag == tar.TypeReg {
			t.files[path.Clean(h.Name)] = tarFile{path.Base(h.Name), at, h.Size}
		}
	}
}

// Open is a file of the tarball.
func (t *tarFS) Open(name string) (fs.File, error) {
	f, ok := t.files[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &openTarFile{io.NewSectionReader(t.from, f.offset, f.size), f}, nil
}

type openTarFile struct {
	*io.SectionReader
	info tarFile
}

func (f *openTarFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *openTarFile) Close() error               { return nil }

func (f tarFile) Name() string       { return f.name }
func (f tarFile) Size() int64        { return f.size }
func (f tarFile) Mode() fs.FileMode  { return 0o444 }
func (f tarFile) ModTime() time.Time { return time.Time{} }
func (f tarFile) IsDir() bool        { return false }
func (f tarFile) Sys() any           { return nil }
