package lab

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Topics lists the topics of the experiments in the order of the report.
var Topics = []string{
	"pre-training", "scale", "data", "in-context learning", "emergence", "alignment",
}

// ReadResult reads the JSON of a result. Fields that the file does not hold, such as the figures,
// come from the experiment of the same name.
func ReadResult(file string) (*Result, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return parseResult(file, data)
}

// parseResult decodes the JSON of a file.
func parseResult(file string, data []byte) (*Result, error) {
	r := new(Result)
	if err := json.Unmarshal(data, r); err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	if r.Name == "" || len(r.Tables) == 0 {
		return nil, fmt.Errorf("%s is not the result of an experiment (no name or no tables); "+
			"create one with: lmzoo lab NAME --out %s", file, filepath.Dir(file))
	}
	for _, e := range Reported() {
		if e.Name == r.Name {
			e.Claim = r.Claim // the claim of the run, even if the experiment has changed since
			r.Experiment = e
		}
	}
	return r, nil
}

// ReadResults reads the results in directories, in historical order. A result replaces an earlier
// result of the same name.
func ReadResults(dirs ...string) ([]*Result, error) {
	var all []*Result
	for _, dir := range dirs {
		found, err := readDir(dir)
		if err != nil {
			return nil, err
		}
		for _, r := range found {
			all = slices.DeleteFunc(all, func(old *Result) bool { return old.Name == r.Name })
			all = append(all, r)
		}
	}
	slices.SortStableFunc(all, func(a, b *Result) int { return rank(a) - rank(b) })
	return all, nil
}

// readDir reads the results in one directory.
func readDir(dir string) ([]*Result, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var all []*Result
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), ".json") {
			continue
		}
		r, err := ReadResult(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s holds no results; create one with: lmzoo lab NAME --out %s",
			dir, dir)
	}
	return all, nil
}

// rank returns the position of a result among all experiments; unknown names come last.
func rank(r *Result) int {
	for i, e := range All() {
		if e.Name == r.Name {
			return i
		}
	}
	return len(All())
}
