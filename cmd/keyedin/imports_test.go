package main

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/keyedin-app/keyedin-infra/"

// listed is what `go list -json` says of a package; imports of tests are not among Imports.
type listed struct {
	ImportPath, Dir  string
	GoFiles, Imports []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	command := exec.Command("go", "list", "-json=ImportPath,Dir,GoFiles,Imports", "./...")
	command.Dir = filepath.Join("..", "..")
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []listed
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		p.ImportPath = strings.TrimPrefix(p.ImportPath, module)
		all = append(all, p)
	}
	if len(all) < 10 {
		t.Fatalf("only %d packages are listed", len(all))
	}
	return all
}

// only are packages that may import nothing but the standard library and these.
var only = map[string][]string{
	"internal/engine":        {"internal/state"},
	"internal/state":         {"internal/state/process"},
	"internal/state/process": {},
	"internal/architecture":  {"internal/engine", "internal/config", "internal/aws"},
	"internal/sandbox":       {"internal/state/process", "internal/sandbox/proxy"},
	"internal/sandbox/proxy": {},
}

// within are imports that only some packages may use.
var within = []struct {
	prefix string
	users  []string
	why    string
}{
	{"github.com/aws/aws-sdk-go-v2/service/", []string{
		"internal/aws", "internal/state/s3", "internal/image", "internal/release", "internal/deploy", "internal/session",
	}, "AWS services are called there alone"},
	{"internal/cli", []string{"cmd/keyedin"}, "nobody else imports cli"},
	{"internal/sandbox", []string{"internal/cli", "internal/sandbox", "internal/sandbox/bench"}, "no code that works on an environment knows the sandbox"},
	{"internal/aws", []string{
		"internal/architecture", "internal/cli", "internal/image", "internal/release", "internal/deploy", "internal/session",
		"internal/cost", "internal/check", "internal/diagram", "internal/export",
	}, "the engine and what is below it know no AWS"},
	{"internal/config", []string{
		"internal/architecture", "internal/cli", "internal/image", "internal/release", "internal/deploy", "internal/session",
		"internal/cost", "internal/check", "internal/diagram", "internal/export",
	}, "specs, not the config, reach what is below the architecture"},
	{"text/template", nil, "it calls methods by name, which doubles the binary"},
	{"html/template", nil, "it calls methods by name, which doubles the binary"},
}

// TestImports holds the import rules; .golangci.yml has them too.
func TestImports(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		allowed, strict := only[p.ImportPath]
		for _, path := range p.Imports {
			own, isOwn := strings.CutPrefix(path, module)
			isStandard := !isOwn && !strings.Contains(strings.SplitN(path, "/", 2)[0], ".")
			if strict && !isStandard && !slices.Contains(allowed, own) {
				t.Errorf("%s imports %s, but only %v are allowed", p.ImportPath, path, allowed)
			}
			for _, rule := range within {
				matches := own == rule.prefix || strings.HasPrefix(own, strings.TrimSuffix(rule.prefix, "/")+"/")
				if matches && !slices.Contains(rule.users, p.ImportPath) {
					t.Errorf("%s imports %s: %s", p.ImportPath, path, rule.why)
				}
			}
		}
	}
}

// TestOnlyUIPrints looks for everything else that writes to the streams of the process.
func TestOnlyUIPrints(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		if p.ImportPath == "internal/ui" {
			continue
		}
		for _, name := range p.GoFiles {
			files := token.NewFileSet()
			file, err := parser.ParseFile(files, filepath.Join(p.Dir, name), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				selector, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				from, ok := selector.X.(*ast.Ident)
				if !ok {
					return true
				}
				switch from.Name + "." + selector.Sel.Name {
				case "fmt.Print", "fmt.Printf", "fmt.Println", "os.Stdout", "os.Stderr":
					t.Errorf("%s: only ui prints", files.Position(n.Pos()))
				}
				return true
			})
		}
	}
}
