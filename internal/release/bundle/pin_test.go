package bundle

import (
	"errors"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/schema"
	"github.com/compose-spec/compose-go/v2/template"
	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"
	"pgregory.net/rapid"
)

// service is a service of a compose file as far as we decide it.
type services map[string]struct {
	Image, Restart  string
	Ports, Volumes  []any
	EnvFile         []any  `yaml:"env_file"`
	StopGracePeriod string `yaml:"stop_grace_period"`
}

// compose is an archive's compose file, which Docker Compose's own schema takes.
func compose(archive []byte, t interface{ Fatal(...any) }) (services, error) {
	files, err := unpack(archive)
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := yaml.Load(files[composeFile], &all); err != nil {
		return nil, err
	}
	if err := schema.Validate(all); err != nil {
		return nil, err
	}
	text, err := template.Substitute(string(files[composeFile]), func(name string) (string, bool) { return "REGISTRY", name == "KEYEDIN_REGISTRY" })
	if err != nil {
		return nil, err
	}
	var found struct{ Services services }
	return found.Services, yaml.Load([]byte(text), &found)
}

func pinned(t *testing.T, text string) services {
	t.Helper()
	in := inputOf("1.0", "1")
	in.Compose = []byte(text)
	archive, _, err := Build(in)
	if err != nil {
		t.Fatal(err)
	}
	got, err := compose(archive, t)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// Without a file of the team's own each image is a service, by digest.
func TestGenerated(t *testing.T) {
	t.Parallel()
	archive, _, err := Build(inputOf("1.0", "1"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := compose(archive, t)
	if err != nil {
		t.Fatal(err)
	}
	backend, nginx := got["backend"], got["nginx"]
	if backend.Image != "REGISTRY/keyedin/backend@sha256:"+strings.Repeat("1", 64) || nginx.Image != "REGISTRY/keyedin/nginx@sha256:"+strings.Repeat("1", 63)+"0" {
		t.Errorf("%+v", got)
	}
	if backend.Ports != nil || cmp.Diff(nginx.Ports, []any{"80:80"}) != "" || backend.Restart != "unless-stopped" || backend.StopGracePeriod != "30s" {
		t.Errorf("%+v", got)
	}
	if diff := cmp.Diff(backend.EnvFile, []any{"/var/lib/keyedin/application.env"}); diff != "" {
		t.Error(diff)
	}
}

const own = `# ours
x-common: &common
  restart: always # whatever happens
  env_file: /etc/own.env
services:
  backend: {<<: *common, image: &app "keyedin/backend:latest", environment: {PRICE: "$$5"}}
  queue:
    <<: *common
    image: *app # the same
    command: [php, artisan, "queue:work"]
  nginx:
    image: keyedin/nginx
    ports: [{target: 8080, published: "80"}]
    volumes: [data:/data, {type: bind, source: /srv, target: /srv}]
volumes:
  data:
`

// A team's own file keeps what is in it, comments too, and gets the digests.
func TestPinned(t *testing.T) {
	t.Parallel()
	got := pinned(t, own)
	if app := "REGISTRY/keyedin/backend@sha256:" + strings.Repeat("1", 64); got["backend"].Image != app || got["queue"].Image != app {
		t.Errorf("%+v", got)
	}
	if got["queue"].Restart != "always" || got["nginx"].Restart != "unless-stopped" {
		t.Errorf("%+v", got)
	}
	if diff := cmp.Diff(got["queue"].EnvFile, []any{"/var/lib/keyedin/application.env", "/etc/own.env"}); diff != "" {
		t.Error(diff)
	}
	if len(got["nginx"].Volumes) != 3 || len(got["backend"].Volumes) != 1 {
		t.Errorf("%+v", got)
	}
	text, err := pin("", []byte(own), inputOf("1.0", "1").Images)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# ours", "# whatever happens", "# the same", `"$$5"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in:\n%s", want, text)
		}
	}
	again, err := pin("", text, inputOf("1.0", "1").Images)
	if err != nil || string(again) != string(text) {
		t.Errorf("a pinned file is pinned to another: %v\n%s", err, again)
	}
}

func TestPinRefuses(t *testing.T) {
	t.Parallel()
	const answers = "    ports: [\"80:80\"]\n"
	for text, want := range map[string]string{
		"services:\n  web:\n    image: nginx:1.27\n" + answers:                                           "f.yaml:3: web has the image nginx:1.27, which is none of the release: keyedin/backend, keyedin/nginx. Instances pull from no other registry",
		"services:\n  web:\n    image: keyedin/nginx@sha256:00\n" + answers:                              "f.yaml:3: web has the image keyedin/nginx@sha256:00",
		"services:\n  web:\n    image: ${IMAGE}\n" + answers:                                             "f.yaml:3: web has the image ${IMAGE}",
		"services:\n  web:\n    build: .\n" + answers:                                                    "f.yaml:2: web has no image\nf.yaml:3: build of web",
		"services:\n  web:\n    image: keyedin/nginx\n":                                                  "f.yaml:2: no service has port 80",
		"services:\n  web:\n    image: keyedin/nginx\n    ports: [\"127.0.0.1:80:80\", 80, \"8080:80\"]": "f.yaml:2: no service has port 80",
		"services:\n  web:\n    image: keyedin/nginx\n    privileged: true\n" + answers:                  "f.yaml:4: privileged of web",
		"services:\n  web:\n    image: keyedin/nginx\n    env_file:\n      - .env\n" + answers:           "f.yaml:5: env_file of web",
		"services:\n  web:\n    image: keyedin/nginx\n    env_file: {path: a, required: false}\n":        "f.yaml:4: env_file of web",
		"services:\n  web:\n    image: keyedin/nginx\n    volumes: [./nginx.conf:/etc/nginx.conf]\n":     "f.yaml:4: volumes of web: ./nginx.conf:/etc/nginx.conf is beside this file",
		"services:\n  web:\n    image: keyedin/nginx\n    extends: {file: a.yaml, service: b}\n":         "f.yaml:4: extends of web",
		"services:\n  web:\n    image: keyedin/nginx\n    image: keyedin/backend\n" + answers:            "f.yaml:4: image is here twice; first in line 3",
		"include: [a.yaml]\nsecrets:\n  a: {file: ./a}\nservices: {}\n":                                  "f.yaml:1: include is of no use",
		"services:\n  web:\n":                    "f.yaml:2: the service web says nothing",
		"services: [a]\n":                        "f.yaml:1: it has no services",
		"services:\n  web: {\n":                  "this is not YAML",
		"services:\n\tweb: 1\n":                  "f.yaml:2: this is not YAML",
		"":                                       "f.yaml:1: this is no compose file",
		"- a\n":                                  "f.yaml:1: this is no compose file",
		"a: 1\n---\nb: 2\n":                      "a second YAML document",
		"# " + strings.Repeat("x", 1<<17) + "\n": "larger than 128 KiB",
	} {
		_, err := pin("f.yaml", []byte(text), inputOf("1.0", "1").Images)
		if _, ok := errors.AsType[*BadCompose](err); !ok || !strings.Contains(err.Error(), want) {
			t.Errorf("%q:\n%v\nwant %s", text[:min(len(text), 200)], err, want)
		}
	}
}

// Whatever a file says, it is refused or what Docker Compose can read.
func TestPinAnything(t *testing.T) {
	t.Parallel()
	pieces := rapid.SampledFrom([]string{
		"services:\n", "  a:\n", "  b: &b\n", "    image: keyedin/nginx\n", "    image: *i\n", "    image: &i keyedin/backend\n", "    <<: *b\n",
		"    <<: [*b, *b]\n", "    ports: [\"80:80\"]\n", "    ports:\n    - published: \"80\"\n      target: 1\n", "    env_file: /a\n",
		"    env_file: []\n", "    volumes:\n", "    - a:/b\n", "    volumes: null\n", "    restart: 'no'\n", "    deploy: {restart_policy: {}}\n", "# c\n", "volumes: {a: }\n", "x: *b\n", "    network_mode: host\n",
	})
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(pieces, 0, 12).Draw(t, "pieces"), "")
		out, err := pin("", []byte(text), inputOf("1.0", "1").Images)
		if _, refused := errors.AsType[*BadCompose](err); refused {
			return
		}
		var all map[string]any
		if err != nil || yaml.Load(out, &all) != nil {
			t.Fatalf("%v\n%s\n%s", err, text, out)
		}
	})
}
