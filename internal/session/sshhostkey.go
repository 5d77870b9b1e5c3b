package session

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// hostKeyAlgorithms are asked for in one order, so that a machine always shows
// the same of its keys.
func hostKeyAlgorithms() []string {
	return []string{ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
}

// ChangedHost reports a machine that shows another key than it has.
type ChangedHost struct {
	Machine, ID, Shown string
	// File and Line are where the known key is; without them the machine's console
	// says otherwise.
	File string
	Line int
}

func (e *ChangedHost) Error() string {
	if e.File == "" {
		return fmt.Sprintf("%s (%s) shows the SSH host key %s, but that is none of those it wrote on its console when it was made. "+
			"Somebody may be in between, so nothing was sent", e.Machine, e.ID, e.Shown)
	}
	return fmt.Sprintf("%s (%s) shows another SSH host key than before, %s. Somebody may be in between, so nothing was sent.\n"+
		"If its keys were made anew on purpose, remove line %d of %s", e.Machine, e.ID, e.Shown, e.Line, e.File)
}

// hostKeys judges the key of one machine.
type hostKeys struct {
	SSH
	machine Machine
	ctx     context.Context
	// refused is why it was not taken; accepted is that it was.
	refused  error
	accepted bool
}

// check is an ssh.HostKeyCallback. A machine is known by its id, which AWS never
// gives twice; its address may be another's tomorrow.
func (h *hostKeys) check(_ string, _ net.Addr, key ssh.PublicKey) error {
	err := h.judge(key)
	h.refused, h.accepted = err, err == nil
	return err
}

func (h *hostKeys) judge(key ssh.PublicKey) error {
	known, err := h.isKnown(key)
	if known || err != nil {
		return err
	}
	shown := ssh.FingerprintSHA256(key)
	said, err := h.console()
	switch {
	case err != nil:
		h.Tell(fmt.Sprintf("The console of %s cannot be read (%v).", h.machine.Name, err))
	case said.has(key):
		return h.remember(key)
	case said.any():
		return &ChangedHost{Machine: h.machine.Name, ID: h.machine.ID, Shown: shown}
	}
	h.Tell(fmt.Sprintf("%s is new to this machine, and its console does not tell its host key any more.\n"+
		"It is taken to be %s from now on, in %s.", h.machine.Name, shown, h.Known))
	return h.remember(key)
}

// isKnown looks into the file.
func (h *hostKeys) isKnown(key ssh.PublicKey) (bool, error) {
	judge, err := knownhosts.New(h.Known)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("the file of known hosts cannot be read: %w", err)
	}
	host := net.JoinHostPort(h.machine.ID, sshPort)
	err = judge(host, hostAddr(host), key)
	if other, ok := errors.AsType[*knownhosts.KeyError](err); ok {
		if len(other.Want) == 0 {
			return false, nil
		}
		return false, &ChangedHost{
			Machine: h.machine.Name, ID: h.machine.ID, Shown: ssh.FingerprintSHA256(key), File: h.Known, Line: other.Want[0].Line,
		}
	}
	return err == nil, err
}

type hostAddr string

func (hostAddr) Network() string  { return "tcp" }
func (a hostAddr) String() string { return string(a) }

// remember adds the machine to the file.
func (h *hostKeys) remember(key ssh.PublicKey) error {
	if err := os.MkdirAll(filepath.Dir(h.Known), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(h.Known, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(knownhosts.Line([]string{h.machine.ID}, key) + "\n")
	return errors.Join(err, f.Close())
}

// console reads what the machine wrote when it booted. It is empty in the first
// minutes, and again once the machine was restarted.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleOutput.html
func (h *hostKeys) console() (consoleKeys, error) {
	out, err := h.EC2.GetConsoleOutput(h.ctx, &ec2.GetConsoleOutputInput{InstanceId: aws.String(h.machine.ID)})
	if err != nil {
		return consoleKeys{}, err
	}
	raw, err := base64.StdEncoding.DecodeString(aws.ToString(out.Output))
	if err != nil {
		return consoleKeys{}, err
	}
	return keysOf(string(raw)), nil
}

// consoleKeys are what cloud-init wrote of the host keys.
type consoleKeys struct{ keys, fingerprints map[string]bool }

var (
	keyBlock         = regexp.MustCompile(`(?s)-----BEGIN SSH HOST KEY KEYS-----(.*?)-----END SSH HOST KEY KEYS-----`)
	fingerprintBlock = regexp.MustCompile(`(?s)-----BEGIN SSH HOST KEY FINGERPRINTS-----(.*?)-----END SSH HOST KEY FINGERPRINTS-----`)
	keyOnConsole     = regexp.MustCompile(`(?:ssh|ecdsa)-[a-z0-9-]+ (AAAA[A-Za-z0-9+/]+=*)`)
	fingerprint      = regexp.MustCompile(`SHA256:[A-Za-z0-9+/]{43}`)
)

func keysOf(console string) consoleKeys {
	k := consoleKeys{keys: map[string]bool{}, fingerprints: map[string]bool{}}
	console = strings.ReplaceAll(console, "\r", "")
	for _, block := range keyBlock.FindAllStringSubmatch(console, -1) {
		for _, key := range keyOnConsole.FindAllStringSubmatch(block[1], -1) {
			k.keys[key[1]] = true
		}
	}
	for _, block := range fingerprintBlock.FindAllStringSubmatch(console, -1) {
		for _, one := range fingerprint.FindAllString(block[1], -1) {
			k.fingerprints[one] = true
		}
	}
	return k
}

func (k consoleKeys) any() bool { return len(k.keys)+len(k.fingerprints) > 0 }

func (k consoleKeys) has(key ssh.PublicKey) bool {
	return k.keys[base64.StdEncoding.EncodeToString(key.Marshal())] || k.fingerprints[ssh.FingerprintSHA256(key)]
}
