package cli

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/ssh"
)

// unmade stands for a key that apply will make.
const unmade = "(made by apply)"

// bastionKey is the public half of the key people reach the bastion with. The
// one recorded counts, so that a colleague's machine does not replace it; else
// the one in ssh/ beside the config, which make creates when it is missing.
func (e *environment) bastionKey(make bool) (string, error) {
	if e.config.Bastion.Type == "none" {
		return "", nil
	}
	var recorded struct {
		Key string `json:"public-key"`
	}
	if o, ok := e.last.Objects["key-pair/bastion"]; ok && json.Unmarshal(o.Document, &recorded) == nil && recorded.Key != "" {
		return recorded.Key, nil
	}
	path := e.keyFile()
	text, err := os.ReadFile(path + ".pub")
	switch {
	case err == nil:
		return publicKey(path+".pub", text)
	case !errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("the bastion's key cannot be read: %w", err)
	}
	switch private, err := os.ReadFile(path); {
	case err == nil:
		return publicHalf(path, private)
	case !errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("the bastion's key cannot be read: %w", err)
	case !make:
		return unmade, nil
	}
	return makeKey(path)
}

// publicHalf is that of a private key whose public one was lost.
func publicHalf(path string, private []byte) (string, error) {
	key, err := ssh.ParsePrivateKey(private)
	if err != nil || key.PublicKey().Type() != ssh.KeyAlgoED25519 {
		return "", fmt.Errorf("%s is not an ed25519 private key without a passphrase, and %s.pub is missing; "+
			"put that back, or move the key away, and a new pair is made", path, path)
	}
	return authorized(key.PublicKey()), nil
}

func (e *environment) keyFile() string {
	return filepath.Join(filepath.Dir(e.app.config), "ssh", e.config.Name+"-"+e.config.Environment+"-bastion")
}

func publicKey(path string, text []byte) (string, error) {
	key, _, _, _, err := ssh.ParseAuthorizedKey(text)
	if err != nil || key.Type() != ssh.KeyAlgoED25519 {
		return "", fmt.Errorf("%s is not an ed25519 public key; move it and its private half away, and a new pair is made", path)
	}
	return authorized(key), nil
}

// authorized is a key as AWS takes it, without a comment.
func authorized(key ssh.PublicKey) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
}

// makeKey writes a new pair; git ignores the folder, and only the user may
// read the private half.
func makeKey(path string) (string, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return "", err
	}
	block, err := ssh.MarshalPrivateKey(private, filepath.Base(path))
	if err != nil {
		return "", err
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		return "", err
	}
	line := authorized(key)
	if err := writeKey(path, pem.EncodeToMemory(block), line); err != nil {
		return "", fmt.Errorf("the bastion's key pair cannot be written: %w", err)
	}
	return line, nil
}

// writeKey writes the public half last: it is what makes a pair.
func writeKey(path string, private []byte, public string) error {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	if err := ignore(filepath.Join(folder, ".gitignore")); err != nil {
		return err
	}
	if err := create(path, private, 0o600); err != nil {
		return err
	}
	return os.WriteFile(path+".pub", []byte(public+" "+filepath.Base(path)+"\n"), 0o644)
}

func ignore(path string) error {
	err := create(path, []byte("*\n"), 0o644)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// create writes a file that must not be there yet.
func create(path string, content []byte, mode fs.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}
