package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"
)

// faultsOf are the faults of a text that must have some.
func faultsOf(t *testing.T, text string) []Fault {
	t.Helper()
	_, err := Parse("keyedin.yaml", []byte(text))
	var faults *Faults
	if !errors.As(err, &faults) || len(faults.List) == 0 {
		t.Fatalf("Parse gave %v, want faults of\n%s", err, text)
	}
	return faults.List
}

func TestFaults(t *testing.T) {
	for _, tc := range faultCases() {
		t.Run(tc.name, func(t *testing.T) {
			list := faultsOf(t, tc.text)
			f := list[0]
			if at := fmt.Sprintf("%d:%d", f.Line, f.Column); at != tc.at {
				t.Errorf("the fault is at %s, want %s\n%s", at, tc.at, f)
			}
			if !strings.Contains(f.Message, tc.message) {
				t.Errorf("message %q, want it to say %q", f.Message, tc.message)
			}
			if !strings.Contains(f.Hint, tc.hint) {
				t.Errorf("hint %q, want it to say %q", f.Hint, tc.hint)
			}
			if len(list) > 1 {
				t.Errorf("one mistake is %d faults:\n%v", len(list), list)
			}
		})
	}
}

func TestTextFaults(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"empty", "", "1:1: the file is empty"},
		{"blank", " \n\t\n", "1:1: the file is empty"},
		{"comments", "# nothing\n", "1:1: the file says nothing"},
		{"only a marker", "---\n", "1:1: the file must be keys with values, not nothing"},
		{"list", "- a\n", "1:1: the file must be keys with values, not a list"},
		{"word", "hello\n", "1:1: the file must be keys with values, not \"hello\""},
		{"UTF-16", "\xff\xfen\x00", "1:1: the file is in UTF-16"},
		{"not UTF-8", "name: a\ndomain: \xe9.app\n", "2:9: this character is not UTF-8"},
		{"control", "name: a\x00b\n", "1:8: a control character"},
		{"tab", "network:\n\tzones: 3\n", "2:1: a tab can't indent YAML"},
		{"lone carriage return", "name: a\rdomain: b\n", "1:8: a control character"},
		{"open bracket", "alerts: [a\nname: b\n", "2:5: this is not YAML"},
		{"open quote", "name: 'a\nregion: b\n", "1:7: this is not YAML: found unexpected end of stream while scanning a quoted scalar that begins here"},
		{"colon in a value", "name: a: b\n", "1:8: this is not YAML"},
		{"two documents", "name: a\n---\nname: b\n", "2:1: a second YAML document"},
		{"anchor", "name: &x a\n", "1:7: anchors are not supported"},
		{"alias", "name: &x a\nenvironment: *x\n", "1:7: anchors are not supported"},
		{"merge", "network:\n  <<: {zones: 2}\n", "2:3: merge keys are not supported"},
		{"YAML tag", "name: !!str a\n", "1:7: YAML tags are not supported"},
		{"key a list", "? [a]\n: b\n", "1:3: a key must be a word"},
		{"too large", "# " + strings.Repeat("x", maxSize), "1:1: this is no config"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := faultsOf(t, tc.text)[0].String(); !strings.HasPrefix(got, "keyedin.yaml:"+tc.want) {
				t.Errorf("got\n%s\nwant keyedin.yaml:%s", got, tc.want)
			}
		})
	}
}

func TestEditorsHabits(t *testing.T) {
	launch, err := Preset("launch", "ec2")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"byte order mark":   "\ufeff" + string(launch),
		"windows":           strings.ReplaceAll(string(launch), "\n", "\r\n"),
		"no last newline":   strings.TrimSuffix(string(launch), "\n"),
		"tab before a note": strings.ReplaceAll(string(launch), " # ", "\t# "),
		"document marker":   "---\n" + string(launch) + "...\n",
	} {
		c, err := Parse("keyedin.yaml", []byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if diff := cmp.Diff(Default(), c); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// All faults of a file at once, exactly as people see them.
func TestRendering(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Parse("keyedin.yaml", data)
			if err == nil {
				t.Fatal("no faults")
			}
			golden := strings.TrimSuffix(file, ".yaml") + ".golden"
			got := err.Error() + "\n"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestValuesThatYAMLWouldMangle(t *testing.T) {
	c, err := Parse("keyedin.yaml", []byte("account: 001234567012\nprofile: 1.10\ntags: {a: 0x10, b: yes, c: 1_000, d: 2001-01-01, e: ~}\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Account, want.Profile = "001234567012", "1.10"
	want.Tags = map[string]string{"a": "0x10", "b": "yes", "c": "1_000", "d": "2001-01-01", "e": ""}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Error(diff)
	}
}

func TestDefaultsFollowNameAndDomain(t *testing.T) {
	c, err := Parse("keyedin.yaml", []byte("name: shop\ndomain: example.com\ndatabase: {serverless: {max: 4}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Name, want.Domain = "shop", "example.com"
	want.App.Repositories = []string{"shop/backend", "shop/nginx"}
	want.Storage = Storage{Public: "shop-public", Private: "shop-private"}
	want.Alerts = []string{"ops@example.com"}
	want.Database.Class, want.Database.Serverless = "", &Serverless{Min: 0.5, Max: 4}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Error(diff)
	}
}

func TestNullKeepsSectionsAndEmptiesLists(t *testing.T) {
	c, err := Parse("keyedin.yaml", []byte("network:\nalerts:\naccount:\ntags:\nbastion:\n  allow:\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Alerts, want.Bastion.Allow = []string{}, []string{}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Error(diff)
	}
}

// A file of another kind gives a message of bearable length.
func TestWrongFile(t *testing.T) {
	for name, text := range map[string]string{
		"one long line": "name: a, " + strings.Repeat("x", 50000) + ": y\n",
		"other keys":    strings.Repeat("k: v\n", 5000),
	} {
		_, err := Parse("keyedin.yaml", []byte(text))
		if err == nil || len(err.Error()) > 10000 {
			t.Errorf("%s: the message has %d characters", name, len(fmt.Sprint(err)))
			continue
		}
		for _, line := range strings.Split(err.Error(), "\n") {
			if n := len([]rune(line)); n > 200 {
				t.Errorf("%s: a line of %d characters", name, n)
			}
		}
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	_, err := Load(filepath.Join(dir, "keyedin.yaml"))
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "keyedin init") {
		t.Errorf("a missing file gives %v, want what to type", err)
	}
	if _, err = Load(dir); err == nil || errors.As(err, new(*Faults)) {
		t.Errorf("a folder gives %v, want the system's error", err)
	}
	path := filepath.Join(dir, "shop.yaml")
	if err := os.WriteFile(path, []byte("zones: 3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err = Load(path); err == nil || !strings.HasPrefix(err.Error(), path+":1:1: unknown key") {
		t.Errorf("got %v, want the fault in %s", err, path)
	}
}

func FuzzParse(f *testing.F) {
	for _, preset := range Presets() {
		text, _ := Preset(preset, "ecs")
		f.Add(text)
	}
	for _, tc := range faultCases() {
		f.Add([]byte(tc.text))
	}
	for _, text := range goodCases() {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse("keyedin.yaml", data)
		if err != nil {
			var faults *Faults
			if !errors.As(err, &faults) {
				t.Fatalf("the error is no Faults: %v", err)
			}
			lines := strings.Split(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n")
			for _, fault := range faults.List {
				if fault.Line < 1 || fault.Line > len(lines) || fault.Column < 1 || fault.Column > len([]rune(fault.Text))+1 || fault.Message == "" {
					t.Fatalf("a fault out of the file's %d lines: %+v", len(lines), fault)
				}
			}
			return
		}
		again, err := yaml.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		same, err := Parse("again.yaml", again)
		if err != nil {
			t.Fatalf("what was valid is not when written again:\n%s\n%v", again, err)
		}
		if diff := cmp.Diff(c, same); diff != "" {
			t.Fatal(diff)
		}
	})
}
