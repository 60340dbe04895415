package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"lmzoo": main})
}

// TestScripts drives the real binary; each script in testdata/script is also documentation.
func TestScripts(t *testing.T) {
	examples, err := filepath.Abs("../../docs/examples")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("XDG_CACHE_HOME", e.WorkDir+"/cache")
			e.Setenv("NO_COLOR", "1")
			e.Setenv("EXAMPLES", examples)
			e.Setenv("GOROOT", os.Getenv("GOROOT"))
			e.Setenv("GORACE", os.Getenv("GORACE"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exitcode": exitCode,
			"flipbit":  flipBit,
			"truncate": truncate,
			"smaller":  smaller,
			"repeat":   repeat, "widen": widen,
		},
	})
}
