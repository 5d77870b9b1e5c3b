package sandbox

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// The Python program that is the sandbox, without its tests.
//
//go:embed moto/*.py moto/requirements.txt moto/gateway/*.py moto/mends/*.py moto/stern/*.py
var embedded embed.FS

// program is the embedded program.
type program struct {
	files  map[string][]byte // by path below the folder moto
	digest string            // of all of it
}

func readProgram() (program, error) {
	p := program{files: map[string][]byte{}}
	hash := sha256.New()
	err := fs.WalkDir(embedded, "moto", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := embedded.ReadFile(name)
		if err != nil {
			return err
		}
		p.files[name[len("moto/"):]] = text
		fmt.Fprintf(hash, "%s %d\n%s", name, len(text), text)
		return nil
	})
	p.digest = hex.EncodeToString(hash.Sum(nil))[:12]
	return p, err
}

// requirements is the list of pinned Python packages.
func (p program) requirements() []byte { return p.files["requirements.txt"] }

// unpack writes the program to a folder of its own, unless it is there, and returns the folder. Readers never see half
// of it. The lock must be held.
func (h home) unpack(p program) (string, error) {
	dir := h.path("program-" + p.digest)
	if p.isIn(dir) {
		return dir, nil
	}
	temporary, err := os.MkdirTemp(string(h), "unpack-")
	if err != nil {
		return "", unwritable(string(h), err)
	}
	defer os.RemoveAll(temporary) //nolint:errcheck // it is only left over
	for name, text := range p.files {
		file := filepath.Join(temporary, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return "", unwritable(string(h), err)
		}
		if err := os.WriteFile(file, text, 0o600); err != nil {
			return "", unwritable(string(h), err)
		}
	}
	if err := os.RemoveAll(dir); err != nil { // a damaged one, or it would have been taken
		return "", unwritable(string(h), err)
	}
	if err := os.Rename(temporary, dir); err != nil {
		return "", unwritable(string(h), err)
	}
	return dir, nil
}

// isIn tells whether dir holds exactly this program: cleaners of caches take single files.
func (p program) isIn(dir string) bool {
	for name, want := range p.files {
		got, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(path.Clean(name))))
		if err != nil || !bytes.Equal(got, want) {
			return false
		}
	}
	return true
}
