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

// ReadResult reads the JSON of a result. What the file does not hold, such as the figures, comes
// from the experiment of the same name.
func ReadResult(file string) (*Result, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	r := new(Result)
	if err := json.Unmarshal(data, r); err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	if r.Name == "" || len(r.Tables) == 0 {
		return nil, fmt.Errorf("%s is not the result of an experiment (no name or no tables); "+
			"create one with: lmzoo lab NAME --out %s", file, filepath.Dir(file))
	}
	for _, e := range All() {
		if e.Name == r.Name {
			e.Claim = r.Claim // of the run, even if the experiment has changed since
			r.Experiment = e
		}
	}
	return r, nil
}

// ReadResults reads the results in a directory, in historical order.
func ReadResults(dir string) ([]*Result, error) {
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
	slices.SortStableFunc(all, func(a, b *Result) int { return rank(a) - rank(b) })
	return all, nil
}

// rank returns the place of a result among all experiments; others come last.
func rank(r *Result) int {
	for i, e := range All() {
		if e.Name == r.Name {
			return i
		}
	}
	return len(All())
}
