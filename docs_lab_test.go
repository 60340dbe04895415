package lmzoo_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var updateLab = flag.Bool("update-lab", false, "write the numbers of docs/lab into the pages")

// TestDocsLab compares the results of experiments in the pages with docs/lab, to which "make lab"
// writes them. A comment names the source of the number before it:
//
//	0.312 <!-- lab: labels BERT_gain -->          the mean of a measure over the seeds
//	0.312 <!-- lab: labels BERT_gain min -->      or its min, its max, or the value of "seed 2"
//	3 of 3 <!-- lab: labels held -->              the seeds for which the claim held
//	<!-- lab: labels table 1; seed=1; classifier=BERT|the limit -->
//
// The last form is a line before a table. It selects rows by the values of columns. The table's
// header selects columns; without a header, the table has every column that no filter fixes to one
// value. Until an experiment has run, its numbers are "–" and its tables have no rows. -update-lab
// writes the results into the pages.
func TestDocsLab(t *testing.T) {
	pages, err := filepath.Glob("docs/*.md")
	require.NoError(t, err)
	require.NotEmpty(t, pages)
	for _, page := range pages {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		filled, err := fillLab(string(text), readLab)
		require.NoError(t, err, page)
		if *updateLab && filled != string(text) {
			require.NoError(t, os.WriteFile(page, []byte(filled), 0o644))
			continue
		}
		want, got := strings.Split(filled, "\n"), strings.Split(string(text), "\n")
		for i := range want {
			require.Equal(t, want[i], got[min(i, len(got)-1)],
				"line %d of %s differs from docs/lab; fill it with: "+
					"go test -run TestDocsLab . -update-lab", i+1, page)
		}
		require.Len(t, got, len(want))
	}
}

// labResult is the JSON of an experiment.
type labResult struct {
	Name  string
	Scale string
	Seeds []struct {
		Seed     uint64
		Held     bool
		Measures map[string]float64
	}
	Tables []struct {
		Columns []string
		Rows    [][]string
	}
}

// readLab returns the result of an experiment, or nil if it has not run.
func readLab(name string) (*labResult, error) {
	r, err := readResult(filepath.Join("docs", "lab", name+".json"))
	if err != nil || r == nil {
		return nil, err
	}
	if r.Name != name || r.Scale != "full" || len(r.Seeds) == 0 {
		return nil, fmt.Errorf("docs/lab/%s.json: experiment %q at scale %q with %d seeds; "+
			"want %s at full scale", name, r.Name, r.Scale, len(r.Seeds), name)
	}
	return r, nil
}

// readResult reads the JSON of an experiment; it returns nil if there is no file.
func readResult(file string) (*labResult, error) {
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r := new(labResult)
	if err := json.Unmarshal(data, r); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.ToSlash(file), err)
	}
	return r, nil
}

// unknownYet stands for a number of an experiment that has not run.
const unknownYet = "–"

var (
	labComment = regexp.MustCompile(`<!-- lab:.*?-->`)
	labNumber  = regexp.MustCompile(
		`(\S+|\d+ of \d+) <!-- lab: (\S+) (\S+)(?: (mean|min|max|seed \d+))? -->`)
	labTable = regexp.MustCompile(`^<!-- lab: (\S+) table (\d+)((?:; [^=;]+=[^;]+)*) -->$`)
)

// fillLab returns the page with the numbers of the experiments filled in.
func fillLab(text string, read func(name string) (*labResult, error)) (string, error) {
	lines := strings.Split(text, "\n")
	var out []string
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		if m := labTable.FindStringSubmatch(line); m != nil {
			end := i + 1
			for end < len(lines) && strings.HasPrefix(lines[end], "|") {
				end++
			}
			table, err := fillTable(lines[i+1:end], m, read)
			if err != nil {
				return "", fmt.Errorf("line %d: %w", i+1, err)
			}
			out, i = append(append(out, line), table...), end-1
			continue
		}
		filled, err := fillNumbers(line, read)
		if err != nil {
			return "", fmt.Errorf("line %d: %w", i+1, err)
		}
		out = append(out, filled)
	}
	return strings.Join(out, "\n"), nil
}

// fillNumbers replaces the numbers before the comments in a line.
func fillNumbers(line string, read func(string) (*labResult, error)) (string, error) {
	all, valid := labComment.FindAllString(line, -1), labNumber.FindAllString(line, -1)
	if len(all) != len(valid) {
		return "", fmt.Errorf("%q: want NUMBER <!-- lab: EXPERIMENT MEASURE [min|max|seed N] -->, "+
			"or a line <!-- lab: EXPERIMENT table N; COLUMN=VALUE|VALUE --> before a table", line)
	}
	var failed error
	filled := labNumber.ReplaceAllStringFunc(line, func(s string) string {
		m := labNumber.FindStringSubmatch(s)
		_, comment, _ := strings.Cut(s, " <!--")
		r, err := read(m[2])
		value := unknownYet
		if err == nil && r != nil {
			value, err = r.number(m[3], m[4])
		}
		failed = errors.Join(failed, err)
		return value + " <!--" + comment
	})
	return filled, failed
}

// number returns a measure as a page prints it.
func (r *labResult) number(measure, of string) (string, error) {
	if measure == "held" {
		held := 0
		for _, s := range r.Seeds {
			if s.Held {
				held++
			}
		}
		return fmt.Sprintf("%d of %d", held, len(r.Seeds)), nil
	}
	var values []float64
	sum := 0.0
	for _, s := range r.Seeds {
		v, ok := s.Measures[measure]
		if !ok {
			return "", fmt.Errorf("%s has no measure %q for seed %d", r.Name, measure, s.Seed)
		}
		if of == fmt.Sprintf("seed %d", s.Seed) {
			return fmt.Sprintf("%.3f", v), nil
		}
		values, sum = append(values, v), sum+v
	}
	switch of {
	case "", "mean":
		return fmt.Sprintf("%.3f", sum/float64(len(values))), nil
	case "min":
		return fmt.Sprintf("%.3f", slices.Min(values)), nil
	case "max":
		return fmt.Sprintf("%.3f", slices.Max(values)), nil
	}
	return "", fmt.Errorf("%s has no %s", r.Name, of)
}

// fillTable returns a table with its header from the page and the rows that m selects.
func fillTable(
	table, m []string, read func(string) (*labResult, error),
) ([]string, error) {
	head := table[:min(2, len(table)):min(2, len(table))]
	r, err := read(m[1])
	if err != nil || r == nil {
		return head, err
	}
	n, err := strconv.Atoi(m[2])
	if err != nil || n < 1 || n > len(r.Tables) {
		return nil, fmt.Errorf("%s has %d tables, not %s", r.Name, len(r.Tables), m[2])
	}
	source := r.Tables[n-1]
	for i, name := range source.Columns {
		if name != strings.TrimSpace(name) || slices.Index(source.Columns, name) != i {
			return nil, fmt.Errorf("table %d of %s has the column %q twice", n, r.Name, name)
		}
	}
	if len(head) < 2 {
		var names []string
		for _, name := range source.Columns {
			if value, one := filterOf(m[3], name); !one || strings.Contains(value, "|") {
				names = append(names, name)
			}
		}
		head = []string{
			"| " + strings.Join(names, " | ") + " |", strings.Repeat("|---", len(names)) + "|",
		}
	}
	column := func(name string) (int, error) {
		name = strings.TrimSpace(name)
		if i := slices.Index(source.Columns, name); i >= 0 {
			return i, nil
		}
		return 0, fmt.Errorf("table %d of %s has no column %q; want one of %q",
			n, r.Name, name, source.Columns)
	}
	var columns []int
	for _, name := range strings.Split(strings.Trim(head[0], "|"), "|") {
		i, err := column(name)
		if err != nil {
			return nil, err
		}
		columns = append(columns, i)
	}
	rows := source.Rows
	for _, filter := range strings.Split(m[3], "; ")[1:] {
		name, values, _ := strings.Cut(filter, "=")
		i, err := column(name)
		if err != nil {
			return nil, err
		}
		for _, v := range strings.Split(values, "|") {
			if !slices.ContainsFunc(source.Rows, func(row []string) bool { return row[i] == v }) {
				return nil, fmt.Errorf("table %d of %s has no row with %s %q", n, r.Name, name, v)
			}
		}
		rows = slices.DeleteFunc(slices.Clone(rows), func(row []string) bool {
			return !slices.Contains(strings.Split(values, "|"), row[i])
		})
	}
	for _, row := range rows {
		var cells []string
		for _, i := range columns {
			cells = append(cells, row[i])
		}
		head = append(head, "| "+strings.Join(cells, " | ")+" |")
	}
	return head, nil
}

// filterOf returns the values that a table's comment selects for a column.
func filterOf(filters, column string) (values string, ok bool) {
	for _, f := range strings.Split(filters, "; ")[1:] {
		if name, values, _ := strings.Cut(f, "="); name == column {
			return values, true
		}
	}
	return "", false
}

func TestFillLab(t *testing.T) {
	const data = `{"name": "x", "scale": "full",
		"seeds": [{"seed": 1, "held": true, "measures": {"a": 0.25, "b": -1}},
			{"seed": 2, "held": false, "measures": {"a": 0.5, "b": 2}}],
		"tables": [{"columns": ["seed", "model", "10", "50"],
			"rows": [["1", "A", ".1", ".2"], ["1", "B", ".3", ".4"], ["2", "A", ".5", ".6"]]}]}`
	read := func(name string) (*labResult, error) {
		if name != "x" {
			return nil, nil
		}
		r := new(labResult)
		return r, json.Unmarshal([]byte(data), r)
	}
	for page, want := range map[string]string{
		"no comment, 0.123":                    "no comment, 0.123",
		"| – <!-- lab: x a --> |":              "| 0.375 <!-- lab: x a --> |",
		"0.4 <!-- lab: x a min -->":            "0.250 <!-- lab: x a min -->",
		"0.4 <!-- lab: x b max --> to":         "2.000 <!-- lab: x b max --> to",
		"0.4 <!-- lab: x b seed 1 --> to":      "-1.000 <!-- lab: x b seed 1 --> to",
		"in – <!-- lab: x held --> seeds":      "in 1 of 2 <!-- lab: x held --> seeds",
		"in 3 of 3 <!-- lab: x held --> seeds": "in 1 of 2 <!-- lab: x held --> seeds",
		"0.4 <!-- lab: y a -->, 1 <!-- lab: x b -->": "– <!-- lab: y a -->, 0.500 <!-- lab: x b " +
			"-->",

		"<!-- lab: x table 1; seed=1; model=B|A -->\n" +
			"| model | 50 |\n|---|---|\n| A | 9 |\n\nend": "<!-- lab: x table 1; seed=1; " +
			"model=B|A -->\n" +
			"| model | 50 |\n|---|---|\n| A | .2 |\n| B | .4 |\n\nend",

		"<!-- lab: x table 1; seed=2 -->\nend": "<!-- lab: x table 1; seed=2 -->\n" +
			"| model | 10 | 50 |\n|---|---|---|\n| A | .5 | .6 |\nend",

		"<!-- lab: y table 1 -->\nend": "<!-- lab: y table 1 -->\nend",

		"<!-- lab: y table 1 -->\n| model |\n|---|\n| A |": "<!-- lab: y table 1 -->\n| model " +
			"|\n|---|",
	} {
		got, err := fillLab(page, read)
		require.NoError(t, err, page)
		require.Equal(t, want, got)
		again, err := fillLab(got, read)
		require.NoError(t, err)
		require.Equal(t, got, again)
	}
	for page, want := range map[string]string{
		"1 <!-- lab: x c -->":                           `x has no measure "c"`,
		"1 <!-- lab: x a seed 3 -->":                    "x has no seed 3",
		"1 <!-- lab: x a median -->":                    "want NUMBER",
		"<!-- lab: x a -->":                             "want NUMBER",
		"<!-- lab: x table 2 -->\n| a |\n|---|":         "x has 1 tables, not 2",
		"<!-- lab: x table 1 -->\n| a |\n|---|":         `no column "a"`,
		"<!-- lab: x table 1; m=A -->\n| seed |\n|---|": `no column "m"`,
		"<!-- lab: x table 1; seed=3 -->\n| 10 |\n|--|": `no row with seed "3"`,
	} {
		_, err := fillLab(page, read)
		require.ErrorContains(t, err, want, page)
	}
}
