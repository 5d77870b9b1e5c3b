package architecture

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/config"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

var update = flag.Bool("update", false, "write the golden files anew")

const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBfVqLm0yY3nq0pVQmKp0mYq2o1mS0yqgC0gJ8m1kWxY"

// facts are what AWS would say of an account that the config fits.
func facts(c config.Config) aws.Facts {
	f := aws.Facts{Account: "123456789012", Partition: "aws", Region: c.Region, Image: "ami-0a1b2c3d4e5f60718"}
	if strings.HasPrefix(c.Region, "cn-") {
		f.Partition = "aws-cn"
	}
	for i := range c.Network.Zones {
		f.Zones = append(f.Zones, c.Region+string(rune('a'+i)))
	}
	if c.Bastion.Type != "none" {
		f.BastionImage = "ami-0f0e0d0c0b0a09080"
	}
	return f
}

// declared are the documents of a stack, by address.
type declared struct {
	stack *engine.Stack
}

// build declares the launch environment, as edited.
func build(edit ...func(*config.Config)) declared {
	c := config.Default()
	for _, e := range edit {
		e(&c)
	}
	return declared{Build(c, facts(c), Keys{Bastion: publicKey})}
}

// at is the document at an address, or nil.
func (d declared) at(address string) engine.Document {
	doc, _ := d.stack.Document(address)
	return doc
}

// of are the documents of a kind by address.
func (d declared) of(kind string) map[string]engine.Document {
	docs := map[string]engine.Document{}
	for _, a := range d.stack.Addresses() {
		if strings.HasPrefix(a, kind+"/") {
			docs[a] = d.at(a)
		}
	}
	return docs
}

// text is all that is declared, in the order of declaration.
func (d declared) text(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	out.WriteString("{\n")
	for i, address := range d.stack.Addresses() {
		if i > 0 {
			out.WriteString(",\n")
		}
		var body bytes.Buffer
		encoder := json.NewEncoder(&body)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("  ", "  ")
		if err := encoder.Encode(d.at(address)); err != nil {
			t.Fatal(err)
		}
		out.WriteString("  \"" + address + "\": " + strings.TrimSpace(body.String()))
	}
	out.WriteString("\n}\n")
	return out.Bytes()
}

// golden holds what a test got to what is in testdata/golden.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; write it with: go test ./internal/architecture -update", err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
		t.Errorf("%s is another; if that is meant: go test ./internal/architecture -update\n%s", name, diff)
	}
}
