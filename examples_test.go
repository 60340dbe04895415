package lmzoo

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestSpeciesOfAnotherModule builds the module under docs/examples, which adds a species of its
// own, and runs its tests: the species is trained, resumed, compared, inspected and drawn without a
// changed line in lmzoo.
func TestSpeciesOfAnotherModule(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("the go command is not installed")
	}
	args := []string{"test", "./..."}
	if testing.Short() {
		args = []string{"vet", "./..."}
	}
	c := exec.Command("go", args...)
	c.Dir = filepath.Join("docs", "examples", "logbilinear")
	c.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=", "GOWORK=")
	out, err := c.CombinedOutput()
	if err != nil && strings.Contains(string(out), "module lookup disabled") {
		t.Skipf("a module is not in the module cache: %s", out)
	}
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}
