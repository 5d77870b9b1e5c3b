package config

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestPresets(t *testing.T) {
	grown := Default()
	grown.Network.NAT, grown.App.Subnets, grown.Database.Readers, grown.Monitoring = "per-zone", "private", 2, "full"
	for _, tc := range []struct {
		preset, runtime string
		want            Config
		unavailable     []string
	}{
		{"", "", Default(), nil},
		{"launch", "ec2", Default(), nil},
		{"launch", "ecs", withRuntime(Default()), []string{"app.runtime"}},
		{"grown", "", grown, []string{"network.nat", "app.subnets", "monitoring"}},
		{"grown", "ecs", withRuntime(grown), []string{"network.nat", "app.runtime", "app.subnets", "monitoring"}},
	} {
		text, err := Preset(tc.preset, tc.runtime)
		if err != nil {
			t.Fatal(err)
		}
		c, err := Parse("keyedin.yaml", text)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tc.want, c); diff != "" {
			t.Errorf("%s on %s: %s", tc.preset, tc.runtime, diff)
		}
		var unavailable []string
		for _, f := range c.Unavailable() {
			unavailable = append(unavailable, f.Path)
			if key := f.Path[strings.LastIndexByte(f.Path, '.')+1:]; !strings.HasPrefix(strings.TrimSpace(f.Text), key+":") {
				t.Errorf("%s is reported at the line %q", f.Path, f.Text)
			}
			if !strings.Contains(f.Message, "not available yet") || f.Hint == "" {
				t.Errorf("%s: the message is %q, the hint %q", f.Path, f.Message, f.Hint)
			}
		}
		if diff := cmp.Diff(tc.unavailable, unavailable); diff != "" {
			t.Errorf("%s on %s: %s", tc.preset, tc.runtime, diff)
		}
	}
}

func withRuntime(c Config) Config {
	c.App.Runtime = "ecs"
	return c
}

// Every key is in the file with a comment, and the file fits on a terminal.
func TestPresetShowsEveryKey(t *testing.T) {
	text, err := Preset("launch", "ec2")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	for i, line := range lines {
		if len(line) > 80 {
			t.Errorf("line %d is %d characters long: %s", i+1, len(line), line)
		}
		_, value, isKey := strings.Cut(line, ":")
		if isKey && value != "" && !strings.Contains(line, "#") && !strings.HasPrefix(strings.TrimSpace(lines[i-1]), "#") {
			t.Errorf("line %d has no comment: %s", i+1, line)
		}
	}
	c, err := Parse("keyedin.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range everyKey(reflect.TypeFor[Config](), "") {
		if !c.Origin.has(key) && !strings.HasPrefix(key, "database.serverless") {
			t.Errorf("the file does not show %s", key)
		}
	}
}

func TestOptions(t *testing.T) {
	text, err := Options{Name: "shop", Environment: "staging", Region: "eu-central-1", Account: "012345678901", Domain: "example.com"}.YAML()
	if err != nil {
		t.Fatal(err)
	}
	c, err := Parse("keyedin.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Name, want.Environment, want.Region, want.Account, want.Domain = "shop", "staging", "eu-central-1", "012345678901", "example.com"
	want.Profile = "shop"
	want.App.Repositories = []string{"shop/backend", "shop/nginx"}
	want.Storage = Storage{Public: "shop-public", Private: "shop-private"}
	want.Alerts = []string{"ops@example.com"}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Error(diff)
	}
	for want, o := range map[string]Options{
		`did you mean "grown"?`:        {Preset: "gron"},
		`there is no runtime "lambda"`: {Runtime: "lambda"},
		"name must be":                 {Name: "a\nregion: eu-west-1"},
		"domain must be":               {Domain: "Example"},
		`did you mean "eu-central-1"?`: {Region: "eu-cental-1"},
		"account must be":              {Account: "1", Profile: "a: [b"},
	} {
		if _, err := o.YAML(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v gives %v, want it to say %q", o, err, want)
		}
	}
}

func TestNotices(t *testing.T) {
	for text, want := range map[string]string{
		"name: a\n":                                     "",
		"database: {engine: aurora-mysql-5.7}\n":        "database.engine",
		"database: {engine: 5.7.mysql_aurora.2.12.5}\n": "database.engine",
		"network: {nat: single}\n":                      "network.nat",
		"network: {cidr: 198.18.0.0/16}\n":              "network.cidr",
	} {
		c, err := Parse("keyedin.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, n := range c.Notices() {
			got += n.Path
		}
		if got != want {
			t.Errorf("%s gives the notices %q, want %q", text, got, want)
		}
	}
}

func TestSubnets(t *testing.T) {
	c := Default()
	public, private := c.Subnets()
	want := []string{"10.0.0.0/20", "10.0.16.0/20", "10.0.32.0/20", "10.0.128.0/20", "10.0.144.0/20", "10.0.160.0/20"}
	var got []string
	for _, p := range append(public, private...) {
		got = append(got, p.String())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	c.Network.CIDR = "no range"
	if public, private := c.Subnets(); public != nil || private != nil {
		t.Errorf("no range gives %v and %v", public, private)
	}
}

func TestSubnetsProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bits := rapid.IntRange(16, 23).Draw(t, "bits")
		a := rapid.Uint32().Draw(t, "address")
		vpc := netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(a >> 24), byte(a >> 16), byte(a >> 8), byte(a)}), bits).Masked()
		three := Config{Network: Network{CIDR: vpc.String(), Zones: 3}}
		two := Config{Network: Network{CIDR: vpc.String(), Zones: 2}}
		public, private := three.Subnets()
		all := append(append([]netip.Prefix{}, public...), private...)
		for i, p := range all {
			if p.Masked() != p || p.Bits() > 27 || !vpc.Contains(p.Addr()) {
				t.Fatalf("%v is no subnet of %v", p, vpc)
			}
			for _, q := range all[i+1:] {
				if p.Overlaps(q) {
					t.Fatalf("%v overlaps %v", p, q)
				}
			}
		}
		fewerPublic, fewerPrivate := two.Subnets()
		if diff := cmp.Diff(public[:2], fewerPublic, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
			t.Fatalf("public subnets moved: %s", diff)
		}
		if diff := cmp.Diff(private[:2], fewerPrivate, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
			t.Fatalf("private subnets moved: %s", diff)
		}
	})
}

func TestArch(t *testing.T) {
	for _, arm := range strings.Fields("t4g.small m6gd.large c6gn.large r8g.xlarge x2gd.medium im4gn.large is4gen.large g5g.xlarge hpc7g.4xlarge a1.large mac2.metal") {
		if got := Arch(arm); got != "arm64" {
			t.Errorf("%s is %s", arm, got)
		}
	}
	for _, x86 := range strings.Fields("t2.micro t3.small t3a.small m5zn.large g4dn.xlarge g5.xlarge gr6.4xlarge p4d.24xlarge m7i-flex.large u-6tb1.metal inf2.xlarge mac1.metal") {
		if got := Arch(x86); got != "x86_64" {
			t.Errorf("%s is %s", x86, got)
		}
	}
}

func TestEngine(t *testing.T) {
	for engine, want := range map[string][2]string{
		"aurora-mysql-8.0":        {"8.0", "8.0"},
		"aurora-mysql-5.7":        {"5.7", "5.7"},
		"8.0.mysql_aurora.3.08.2": {"8.0", "8.0.mysql_aurora.3.08.2"},
		"5.7.mysql_aurora.2.12.5": {"5.7", "5.7.mysql_aurora.2.12.5"},
	} {
		d := Database{Engine: engine}
		if d.Major() != want[0] || d.Version() != want[1] {
			t.Errorf("%s is %s, %s", engine, d.Major(), d.Version())
		}
	}
}

func TestNearest(t *testing.T) {
	for _, tc := range []struct{ word, want string }{
		{"zonez", "zones"}, {"zoens", "zones"}, {"Zones", "zones"}, {"health_check", "health-check"},
		{"x", ""}, {"completely-else", ""}, {"", ""}, {strings.Repeat("zones", 99), ""},
	} {
		if got := nearest(tc.word, []string{"cidr", "zones", "nat", "health-check"}); got != tc.want {
			t.Errorf("nearest to %q is %q, want %q", tc.word, got, tc.want)
		}
	}
}
