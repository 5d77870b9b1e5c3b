package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox/bench"
)

// TestCommands runs the scripts of testdata/script, each in an empty AWS
// account of its own.
func TestCommands(t *testing.T) {
	t.Parallel()
	params := testscript.Params{
		Dir: filepath.Join("testdata", "script"), RequireExplicitExec: true, RequireUniqueNames: true,
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
		Condition: func(condition string) (bool, error) {
			if condition != "root" {
				return false, fmt.Errorf("unknown condition %q", condition)
			}
			return os.Geteuid() == 0, nil
		},
		Setup: func(env *testscript.Env) error {
			b := bench.Start(env.T().(testing.TB))
			for _, v := range b.Env() {
				name, value, _ := strings.Cut(v, "=")
				env.Setenv(name, value)
			}
			env.Setenv("ACCOUNT", b.Account)
			env.Setenv("USER", "ops")
			return nil
		},
	}
	testscript.RunT(realT{t}, params)
}

// realT hands the scripts' own testing.T to Setup.
type realT struct{ *testing.T }

func (t realT) Run(name string, f func(testscript.T)) {
	t.T.Run(name, func(t *testing.T) { f(realT{t}) })
}

func (t realT) Verbose() bool { return testing.Verbose() }
