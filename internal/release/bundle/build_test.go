package bundle

import (
	"archive/zip"
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"
	"pgregory.net/rapid"
)

// inputs are releases of one to four images.
func inputs() *rapid.Generator[Input] {
	return rapid.Custom(func(t *rapid.T) Input {
		in := Input{
			Version:  rapid.StringMatching(`[A-Za-z0-9][A-Za-z0-9._-]{0,62}`).Draw(t, "version"),
			Revision: rapid.StringMatching(`([0-9a-f]{40})?`).Draw(t, "revision"),
			By:       rapid.String().Draw(t, "by"), Tool: rapid.StringMatching(`[0-9.]*`).Draw(t, "tool"),
			Created: time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "created"), 0).UTC(),
		}
		for _, name := range rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z][a-z0-9-]{1,20}`), 1, 4, rapid.ID[string]).Draw(t, "repositories") {
			in.Images = append(in.Images, Image{
				Repository: "keyedin/" + name, Digest: "sha256:" + rapid.StringMatching(`[0-9a-f]{64}`).Draw(t, "digest"),
				Size: rapid.Int64Range(0, 1<<40).Draw(t, "size"),
			})
		}
		return in
	})
}

// The same release is the same archive, byte for byte, and is read back as it
// was made.
func TestBuildIsReproducible(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := inputs().Draw(t, "input")
		archive, made, err := Build(in)
		if err != nil {
			t.Fatal(err)
		}
		again, _, err := Build(in)
		if err != nil || !bytes.Equal(archive, again) {
			t.Fatalf("another archive: %v", err)
		}
		read, err := Read(archive)
		if diff := cmp.Diff(made, read, cmp.Transformer("text", func(s string) string { return strings.ToValidUTF8(s, "\ufffd") })); err != nil || diff != "" {
			t.Fatalf("%v %s", err, diff)
		}
		if _, err := compose(archive, t); err != nil {
			t.Fatal(err)
		}
	})
}

// Content is of what decides how a release runs, and of nothing else.
func TestContent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := inputs().Draw(t, "input")
		_, r, err := Build(in)
		if err != nil {
			t.Fatal(err)
		}
		other := in
		other.Version, other.Created, other.By, other.Tool, other.Revision = "other", in.Created.Add(time.Hour), "other", "other", "other"
		if _, o, err := Build(other); err != nil || o.Content != r.Content {
			t.Fatalf("%v: time and who are in the content", err)
		}
		other.Images = slices.Clone(in.Images)
		other.Images[0].Digest = "sha256:" + strings.Repeat("0", 64)
		if _, o, err := Build(other); err != nil || o.Content == r.Content && in.Images[0].Digest != other.Images[0].Digest {
			t.Fatalf("%v: the images are not in the content", err)
		}
	})
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	archive, _, err := Build(inputOf("1.0", "1"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := unpack(archive)
	if err != nil {
		t.Fatal(err)
	}
	files["hooks/start.sh"] = append(files["hooks/start.sh"], "rm -rf /\n"...)
	changed, err := pack(files)
	if err != nil {
		t.Fatal(err)
	}
	for name, archive := range map[string][]byte{"no zip": []byte("PK"), "cut": archive[:len(archive)/2], "changed": changed} {
		_, err := Read(archive)
		if _, ok := errors.AsType[*BadArchive](err); !ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCheckVersion(t *testing.T) {
	t.Parallel()
	for version, good := range map[string]bool{
		"1.4.0": true, "2026-11-26-1": true, "v1": true, "a_B.c-d": true, strings.Repeat("a", 63): true,
		"": false, strings.Repeat("a", 64): false, ".1": false, "-1": false, "_": false, "a/b": false, "a b": false, "1\n": false, "é": false, "..": false, "a%s": false,
	} {
		err := CheckVersion(version)
		if _, bad := errors.AsType[*BadVersion](err); bad == good {
			t.Errorf("%q: %v", version, err)
		}
	}
}

func TestBuildRefuses(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(*Input){
		"no images":  func(in *Input) { in.Images = nil },
		"no digest":  func(in *Input) { in.Images[0].Digest = "latest" },
		"same names": func(in *Input) { in.Images[1].Repository = "other/backend" },
	} {
		in := inputOf("1.0", "1")
		edit(&in)
		_, _, err := Build(in)
		if _, ok := errors.AsType[*BadImage](err); !ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// hooksOf are the events of an appspec.yml with their scripts.
type appspec struct {
	Version string `yaml:"version"`
	OS      string `yaml:"os"`
	Exists  string `yaml:"file_exists_behavior"`
	Files   []struct{ Source, Destination string }
	Hooks   map[string][]struct {
		Location string
		Timeout  int
	}
}

// The agent finds every script, and may run it; none is of the release before.
func TestAppspec(t *testing.T) {
	t.Parallel()
	archive, _, err := Build(inputOf("1.0", "1"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := unpack(archive)
	if err != nil {
		t.Fatal(err)
	}
	var spec appspec
	if err := yaml.Unmarshal(files["appspec.yml"], &spec); err != nil {
		t.Fatal(err)
	}
	if spec.Version != "0.0" || spec.OS != "linux" || spec.Exists != "OVERWRITE" || len(spec.Files) != 1 || spec.Files[0].Destination != "/opt/keyedin/current" {
		t.Errorf("%+v", spec)
	}
	modes := modes(t, archive)
	for event, scripts := range spec.Hooks {
		if slices.Contains([]string{"ApplicationStop", "BeforeBlockTraffic", "AfterBlockTraffic"}, event) {
			t.Errorf("%s would be run from the release before", event)
		}
		total := 0
		for _, s := range scripts {
			total += s.Timeout
			if modes[s.Location] != 0o755 {
				t.Errorf("%s is %v", s.Location, modes[s.Location])
			}
		}
		if total < 1 || total > 3600 {
			t.Errorf("%s may take %d s; CodeDeploy takes up to 3600", event, total)
		}
	}
	if len(spec.Hooks) != len(hooks()) || modes["bin/run"] != 0o755 || modes["compose.yaml"] != 0o644 {
		t.Errorf("%v", modes)
	}
}

func modes(t *testing.T, archive []byte) map[string]uint32 {
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]uint32{}
	for _, f := range r.File {
		all[f.Name] = uint32(f.Mode().Perm())
	}
	return all
}
