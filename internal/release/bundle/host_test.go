package bundle

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
)

// host is a folder that plays an instance: the scripts are the real ones, with
// every path of theirs below the folder; the commands they use are played by
// those in testdata/host, which take a note of each call.
type host struct {
	t    *testing.T
	root string
}

const where = `KEYEDIN_PROJECT='key-edin'
KEYEDIN_ENVIRONMENT='production'
KEYEDIN_DOMAIN='keyedin.app'
KEYEDIN_REGION='us-east-1'
KEYEDIN_AWS_DOMAIN='amazonaws.com'
KEYEDIN_REGISTRY='123456789012.dkr.ecr.us-east-1.amazonaws.com'
KEYEDIN_BUCKET='keyedin-private'
KEYEDIN_PUBLIC_BUCKET='keyedin-public'
KEYEDIN_PARAMETERS='/keyedin/production'
KEYEDIN_HEALTH_CHECK='/health?full=1&x='
KEYEDIN_DATABASE_HOST='writer.example'
KEYEDIN_DATABASE_READER='reader.example'
KEYEDIN_DATABASE_SECRET='arn:aws:secretsmanager:us-east-1:123456789012:secret:rds!cluster-1'
`

func newHost(t *testing.T) host {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("an instance is Linux: flock and memfd_create are not on " + runtime.GOOS)
	}
	h := host{t, t.TempDir()}
	for _, dir := range []string{"bin", "docker", "etc/keyedin", "etc/systemd/system", "root", "opt/keyedin/current", "var/lib"} {
		h.must(os.MkdirAll(h.path(dir), 0o755))
	}
	for _, name := range []string{"docker", "aws", "curl", "systemctl", "sleep"} {
		text, err := os.ReadFile(filepath.Join("testdata/host", name))
		h.must(err)
		h.must(os.WriteFile(h.path("bin/"+name), text, 0o755))
	}
	h.must(os.Symlink(python(t), h.path("bin/python3")))
	h.write("etc/keyedin/environment", where)
	h.write("docker/images", "")
	h.write("docker/foreign", "redis@sha256:"+strings.Repeat("f", 64)+"\n<none>@<none>\n")
	h.write("docker/logs", "nginx-1 | connect() failed\n")
	h.write("placeholder", "")
	h.parameters(map[string]string{"APP_KEY": "base64:0123456789"})
	h.password("first-password")
	return h
}

// python is the program itself; what finds it on some machines is slow.
func python(t *testing.T) string {
	out, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func (h host) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h host) path(name string) string { return filepath.Join(h.root, name) }

func (h host) write(name, text string) {
	h.t.Helper()
	h.must(os.WriteFile(h.path(name), []byte(text), 0o644))
}

func (h host) has(name string) bool {
	_, err := os.Stat(h.path(name))
	return err == nil
}

// read is a file's text, and empty where there is none.
func (h host) read(name string) string {
	text, err := os.ReadFile(h.path(name))
	if err != nil && !os.IsNotExist(err) {
		h.t.Fatal(err)
	}
	return string(text)
}

// parameters are the team's variables.
func (h host) parameters(values map[string]string) {
	type parameter struct{ Name, Value string }
	all := []parameter{}
	for name, value := range values {
		all = append(all, parameter{"/keyedin/production/" + name, value})
	}
	text, err := json.Marshal(map[string]any{"Parameters": all})
	h.must(err)
	h.write("parameters.json", string(text))
}

// password is what Secrets Manager has for the database.
func (h host) password(password string) {
	inner, err := json.Marshal(map[string]string{"username": "keyedin", "password": password})
	h.must(err)
	outer, err := json.Marshal(map[string]string{"SecretString": string(inner)})
	h.must(err)
	h.write("secret.json", string(outer))
}

// inputOf is a release whose images are told apart by a digit.
func inputOf(version, digit string) Input {
	return Input{
		Version: version, Created: time.Date(2026, 11, 26, 1, 2, 3, 0, time.UTC), By: "arn:aws:iam::123456789012:user/ada", Tool: "1.0.0",
		Images: []Image{
			{Repository: "keyedin/backend", Digest: "sha256:" + strings.Repeat(digit, 64)},
			{Repository: "keyedin/nginx", Digest: "sha256:" + strings.Repeat(digit, 63) + "0"},
		},
	}
}

// images are an input's images as Docker names them, a line each.
func images(in Input) string {
	text := ""
	for _, image := range in.Images {
		text += "123456789012.dkr.ecr.us-east-1.amazonaws.com/" + image.Repository + "@" + image.Digest + "\n"
	}
	return text
}

var absolute = regexp.MustCompile(`(^|[^\w/.$}!])/(etc|var|opt|root)\b`)

// unpack puts an archive's files into a folder, as the agent does.
func (h host) unpack(in Input, dir string) {
	h.t.Helper()
	archive, _, err := Build(in)
	h.must(err)
	files, err := unpack(archive)
	h.must(err)
	h.must(os.RemoveAll(h.path(dir)))
	for name, text := range files {
		path := h.path(filepath.Join(dir, name))
		h.must(os.MkdirAll(filepath.Dir(path), 0o755))
		moved := absolute.ReplaceAllString(string(text), "${1}"+h.root+"/${2}")
		moved = strings.Replace(moved, "limit=300", "limit=0", 1)
		h.must(os.WriteFile(path, []byte(strings.Replace(moved, "#!"+h.root, "#!", 1)), mode(name)))
	}
}

// command runs a script with Bash; more is added to its environment.
func (h host) command(script string, arguments []string, more ...string) *exec.Cmd {
	cmd := exec.Command("bash", append([]string{h.path(script)}, arguments...)...)
	cmd.Env = append(os.Environ(), "ROOT="+h.root, "PATH="+h.path("bin")+":"+os.Getenv("PATH"), "HOME=", "PYTHONDONTWRITEBYTECODE=1")
	cmd.Env = append(cmd.Env, more...)
	return cmd
}

func (h host) run(script string, arguments ...string) (string, error) {
	out, err := h.command(script, arguments).CombinedOutput()
	return string(out), err
}

// hooks are the scripts of a deployment, in their order.
func hooks() []string { return []string{"prepare.sh", "start.sh", "check.sh"} }

// deploy does what the agent does with an archive; it ends at the first hook
// that fails and returns what that one said.
func (h host) deploy(in Input) (string, error) {
	h.t.Helper()
	h.unpack(in, "archive")
	h.unpack(in, "opt/keyedin/current")
	out := ""
	for _, hook := range hooks() {
		var err error
		if out, err = h.run("archive/hooks/" + hook); err != nil {
			return out, err
		}
	}
	return out, nil
}

func (h host) deployed(in Input) {
	h.t.Helper()
	if out, err := h.deploy(in); err != nil {
		h.t.Fatalf("%v\n%s\n%s", err, out, h.read("calls"))
	}
}

// looks is all that matters of the instance.
type looks struct {
	Running, Recorded, Images, Environment string
	Placeholder, Released, Timer           bool
	Left                                   []string
}

func (h host) looks() looks {
	h.t.Helper()
	l := looks{
		Running: h.read("docker/running"), Recorded: h.read("var/lib/keyedin/images"),
		Images: h.read("docker/images"), Environment: strings.ReplaceAll(h.read("docker/environment"), h.root, ""),
		Placeholder: h.has("placeholder"), Released: h.has("etc/keyedin/released"), Timer: h.has("timer"),
	}
	for _, dir := range []string{"var/lib/keyedin", "etc/keyedin"} {
		found, err := os.ReadDir(h.path(dir))
		h.must(err)
		for _, f := range found {
			l.Left = append(l.Left, dir+"/"+f.Name())
		}
	}
	return l
}
