package play

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestModules checks that the modules of the page import each other without a cycle.
func TestModules(t *testing.T) {
	files, err := page.ReadDir("page")
	require.NoError(t, err)
	imports := map[string][]string{}
	for _, f := range files {
		data, err := page.ReadFile("page/" + f.Name())
		require.NoError(t, err)
		for _, m := range regexp.MustCompile(`from "\./(\w+\.js)"`).FindAllStringSubmatch(
			string(data), -1) {
			imports[f.Name()] = append(imports[f.Name()], m[1])
		}
	}
	require.Contains(t, imports["app.js"], "state.js")
	var visit func(path []string)
	visit = func(path []string) {
		for _, next := range imports[path[len(path)-1]] {
			require.NotContains(t, path, next, "a cycle of modules: %v imports %s", path, next)
			visit(append(path[:len(path):len(path)], next))
		}
	}
	for name := range imports {
		visit([]string{name})
	}
}
