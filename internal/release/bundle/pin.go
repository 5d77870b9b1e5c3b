package bundle

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// longest is far above any compose file.
const longest = 1 << 17

// BadCompose reports a compose file that no instance could run.
type BadCompose struct {
	File   string
	Faults []Fault
}

// Fault is one thing that is wrong with it.
type Fault struct {
	Line int
	Why  string
}

func (e *BadCompose) Error() string {
	var lines []string
	for _, f := range e.Faults {
		lines = append(lines, fmt.Sprintf("%s:%d: %s", e.File, f.Line, f.Why))
	}
	return strings.Join(lines, "\n")
}

// pinner makes a team's compose file into a release's.
type pinner struct {
	images map[string]Image // by repository
	faults []Fault
}

// pin is a compose file with the images by digest, and with what the services
// need to be the application: its environment, and the database's authorities.
// Its error is a BadCompose that holds everything that is wrong.
func pin(file string, text []byte, images []Image) ([]byte, error) {
	p := pinner{images: map[string]Image{}}
	for _, image := range images {
		p.images[image.Repository] = image
	}
	file = cmp.Or(file, composeFile)
	document, fault := parse(text)
	if fault != nil {
		return nil, &BadCompose{File: file, Faults: []Fault{*fault}}
	}
	p.file(document.Content[0])
	if len(p.faults) > 0 {
		slices.SortStableFunc(p.faults, func(a, b Fault) int { return a.Line - b.Line })
		return nil, &BadCompose{File: file, Faults: p.faults}
	}
	return yaml.Dump(document, yaml.WithIndent(2))
}

func parse(text []byte) (*yaml.Node, *Fault) {
	if len(text) > longest {
		return nil, &Fault{Line: 1, Why: "this is no compose file: it is larger than 128 KiB"}
	}
	var docs []yaml.Node
	if err := yaml.Load(text, &docs, yaml.WithAllDocuments()); err != nil {
		if e, ok := errors.AsType[*yaml.LoadError](err); ok && e.Mark.Line > 0 {
			return nil, &Fault{Line: e.Mark.Line, Why: "this is not YAML: " + e.Message}
		}
		return nil, &Fault{Line: 1, Why: "this is not YAML: " + err.Error()}
	}
	if len(docs) == 0 || len(docs[0].Content) == 0 || docs[0].Content[0].Kind != yaml.MappingNode {
		return nil, &Fault{Line: 1, Why: "this is no compose file: it has no services"}
	}
	if len(docs) > 1 {
		return nil, &Fault{Line: docs[1].Line, Why: "a second YAML document begins here; a compose file is one"}
	}
	return &docs[0], nil
}

func (p *pinner) fault(at *yaml.Node, format string, args ...any) {
	p.faults = append(p.faults, Fault{Line: at.Line, Why: fmt.Sprintf(format, args...)})
}

func (p *pinner) file(root *yaml.Node) {
	p.duplicates(root)
	if n := get(root, "include"); n != nil {
		p.fault(n, "include is of no use on an instance, where the other file is not: write it into this one")
	}
	for _, kind := range []string{"configs", "secrets"} {
		for name, n := range entries(get(root, kind)) {
			if file := get(n, "file"); file != nil && !strings.HasPrefix(file.Value, "/") {
				p.fault(file, "%s.%s is the file %s, which is not on an instance: keep it in the image, or in a variable", kind, name.Value, file.Value)
			}
		}
	}
	services := get(root, "services")
	if services == nil || services.Kind != yaml.MappingNode || len(services.Content) == 0 {
		p.fault(root, "it has no services")
		return
	}
	p.duplicates(services)
	answers := false
	for name, n := range entries(services) {
		if n == nil || n.Kind != yaml.MappingNode {
			p.fault(name, "the service %s says nothing", name.Value)
			continue
		}
		p.duplicates(n)
		p.service(name, n)
		answers = answers || published(n)
	}
	if !answers {
		p.fault(services, `no service has port 80 of the instance, where the load balancer asks: give one ports: ["80:80"]`)
	}
}

func (p *pinner) duplicates(mapping *yaml.Node) {
	lines := map[string]int{}
	for key := range entries(mapping) {
		if first, twice := lines[key.Value]; twice && key.Value != "<<" {
			p.fault(key, "%s is here twice; first in line %d", key.Value, first)
		}
		lines[key.Value] = key.Line
	}
}

// refused are keys of a service that cannot work on an instance, or should not.
var refused = []struct{ key, why string }{
	{"build", "an instance builds nothing; the image is made before"},
	{"extends", "the other file is not on an instance: write it out, or use a YAML anchor"},
}

func (p *pinner) service(name, n *yaml.Node) {
	for _, r := range refused {
		if at := get(n, r.key); at != nil {
			p.fault(at, "%s of %s: %s", r.key, name.Value, r.why)
		}
	}
	if at := get(n, "privileged"); at != nil && at.Value != "false" {
		p.fault(at, "privileged of %s: whoever gets into the container would have the instance and its role", name.Value)
	}
	p.image(name, n)
	p.environment(name, n)
	p.volumes(name, n)
	if get(n, "restart") == nil && get(get(n, "deploy"), "restart_policy") == nil {
		set(n, "restart", scalar("unless-stopped"))
	}
}

var tagged = regexp.MustCompile(`^([^:@]+)(?::[\w.-]+)?$`)

// image puts the digest in the place of a repository of the release.
func (p *pinner) image(name, n *yaml.Node) {
	at := get(n, "image")
	if at == nil || at.Kind != yaml.ScalarNode || at.Value == "" {
		p.fault(name, "%s has no image", name.Value)
		return
	}
	if strings.HasPrefix(at.Value, registry+"/") {
		return // an anchor that another service had too
	}
	if m := tagged.FindStringSubmatch(at.Value); m != nil {
		if image, ok := p.images[m[1]]; ok {
			at.SetString(reference(image))
			return
		}
	}
	p.fault(at, "%s has the image %s, which is none of the release: %s. Instances pull from no other registry", name.Value, at.Value, p.repositories())
}

func (p *pinner) repositories() string {
	var all []string
	for name := range p.images {
		all = append(all, name)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// environment gives the service the application's variables; files of the
// team's own on the instance come after them and win.
func (p *pinner) environment(name, n *yaml.Node) {
	files := list(get(n, "env_file"))
	ours := false
	for _, file := range files {
		path := file
		if file.Kind == yaml.MappingNode {
			path = get(file, "path")
		}
		switch {
		case path == nil || !strings.HasPrefix(path.Value, "/"):
			p.fault(file, "env_file of %s: the archive has no such file; the application's variables are there without it: keyedin env set NAME", name.Value)
		case path.Value == environmentFile:
			ours = true
		}
	}
	if !ours {
		set(n, "env_file", sequence(append([]*yaml.Node{scalar(environmentFile)}, files...)))
	}
}

// volumes gives the service the database's authorities.
func (p *pinner) volumes(name, n *yaml.Node) {
	mounts := list(get(n, "volumes"))
	for _, m := range mounts {
		source := m
		if m.Kind == yaml.MappingNode {
			if source = get(m, "source"); source == nil || valueOf(get(m, "type")) != "bind" {
				continue
			}
		}
		if relative(source.Value, m.Kind == yaml.MappingNode) {
			p.fault(m, "volumes of %s: %s is beside this file, and not on an instance: keep it in the image", name.Value, source.Value)
		}
		if source.Value == databaseCA || strings.HasPrefix(source.Value, databaseCA+":") {
			return
		}
	}
	set(n, "volumes", sequence(append(mounts, scalar(databaseCA+":"+databaseCA+":ro"))))
}

// relative tells whether a mount is of a path that depends on where the file is.
func relative(source string, bind bool) bool {
	if strings.HasPrefix(source, ".") || strings.HasPrefix(source, "~") {
		return true
	}
	return bind && !strings.HasPrefix(source, "/") && !strings.HasPrefix(source, "$")
}

var port80 = regexp.MustCompile(`^(?:(?:0\.0\.0\.0|\[::\]):)?80:\d+(?:/tcp)?$`)

// published tells whether a service answers on port 80 of the instance.
func published(n *yaml.Node) bool {
	if valueOf(get(n, "network_mode")) == "host" {
		return true
	}
	for _, port := range list(get(n, "ports")) {
		if port.Kind == yaml.MappingNode && valueOf(get(port, "published")) == "80" || port80.MatchString(port.Value) {
			return true
		}
	}
	return false
}
