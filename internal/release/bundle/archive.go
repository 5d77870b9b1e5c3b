package bundle

import (
	"archive/zip"
	"bytes"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"
)

// largest is far more than a file of a bundle ever has.
const largest = 1 << 20

//go:embed files
var embedded embed.FS

// scripts are appspec.yml, the hooks and what people run on an instance.
func scripts() map[string][]byte {
	files := map[string][]byte{}
	err := fs.WalkDir(embedded, "files", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := embedded.ReadFile(path)
		files[strings.TrimPrefix(path, "files/")] = text
		return err
	})
	if err != nil {
		panic(err) // they are part of the program
	}
	return files
}

// mode is what a file has in the archive; scripts can be run.
func mode(name string) fs.FileMode {
	if strings.HasPrefix(name, "bin/") || strings.HasPrefix(name, "hooks/") {
		return 0o755
	}
	return 0o644
}

// pack writes an archive that depends on the files alone: they are sorted, and
// their time is the first that the format knows.
func pack(files map[string][]byte) ([]byte, error) {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, name := range sorted(files) {
		h := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
		h.SetMode(mode(name))
		f, err := w.CreateHeader(h)
		if err != nil {
			return nil, err
		}
		if _, err := f.Write(files[name]); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// unpack reads an archive's files.
func unpack(archive []byte) (map[string][]byte, error) {
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, f := range r.File {
		text, err := read(f)
		if err != nil {
			return nil, err
		}
		files[f.Name] = text
	}
	return files, nil
}

func read(f *zip.File) ([]byte, error) {
	in, err := f.Open()
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(in, largest+1))
	if err == nil && len(text) > largest {
		err = fmt.Errorf("%s is larger than %d bytes", f.Name, largest)
	}
	if closeErr := in.Close(); err == nil {
		err = closeErr
	}
	return text, err
}

func sorted(files map[string][]byte) []string { return slices.Sorted(maps.Keys(files)) }
