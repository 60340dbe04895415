package task

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxLine is the maximum length of a line in bytes.
const maxLine = 1 << 20

// Open reads a file of examples: .tsv as ReadTSV does, .jsonl or .ndjson as ReadJSONL does.
func Open(path string) (*Set, error) {
	read := ReadTSV
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".tsv":
	case ".jsonl", ".ndjson":
		read = ReadJSONL
	default:
		return nil, fmt.Errorf("reading task %s: unknown extension %q; want .tsv or .jsonl", path,
			ext)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading task: %w", err)
	}
	defer f.Close()
	s, err := read(f)
	if err != nil {
		return nil, fmt.Errorf("reading task %s: %w", path, err)
	}
	return s, nil
}

// ReadTSV reads one example per line: label, tab, text, and for pairs another tab and the second
// text. If the first line consists of the words label, text and, for pairs, pair, in any order, it
// names the columns. The format has no quotes or escapes.
//
// Lines end with "\n" or "\r\n"; a byte order mark before the first line is ignored. ReadTSV
// returns an error that names the line for invalid UTF-8, an empty line, and any other number of
// columns.
func ReadTSV(r io.Reader) (*Set, error) {
	columns := []string{"label", "text", "pair"}
	header := false
	s, err := read(r, func(line string, n int) (e Example, ok bool, err error) {
		fields := strings.Split(line, "\t")
		if n == 1 && isHeader(fields) {
			columns, header = fields, true
			return e, false, nil
		}
		switch {
		case len(fields) == 1:
			return e, false, errors.New("one column; want a label, a tab and a text")
		case header && len(fields) != len(columns), len(fields) > len(columns):
			return e, false, fmt.Errorf("%d columns; want %s", len(fields),
				strings.Join(columns, ", "))
		}
		for i, field := range fields {
			switch columns[i] {
			case "label":
				e.Label = field
			case "text":
				e.Text = field
			default:
				e.Pair = field
				if field == "" {
					return e, false, errors.New("the second text is empty")
				}
			}
		}
		return e, true, nil
	})
	if err != nil {
		return nil, err
	}
	if n := len(s.Examples); n > 2 && len(s.Classes) == n && !header {
		return nil, fmt.Errorf("all %d labels are different, such as %.40q; want the label in "+
			"the first column, or a first line that names the columns: text, tab, label",
			n, s.Examples[0].Label)
	}
	return s, nil
}

// isHeader reports whether the fields name the columns.
func isHeader(fields []string) bool {
	names := slices.Sorted(slices.Values(fields))
	return slices.Equal(names, []string{"label", "text"}) ||
		slices.Equal(names, []string{"label", "pair", "text"})
}

// ReadJSONL reads one JSON object per line, with the keys text, label and, for pairs, pair. A label
// is a string or an integer. It returns an error that names the line for unknown keys, invalid
// UTF-8 and empty lines.
func ReadJSONL(r io.Reader) (*Set, error) {
	return read(r, func(line string, _ int) (Example, bool, error) {
		var row struct {
			Text, Pair *string
			Label      json.RawMessage
		}
		dec := json.NewDecoder(strings.NewReader(line))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&row); err != nil {
			return Example{}, false, fmt.Errorf(`not a JSON object such as {"text": "...", `+
				`"label": "..."}: %w`, err)
		}
		if _, err := dec.Token(); err != io.EOF {
			return Example{}, false, errors.New("trailing data after the JSON object")
		}
		if row.Text == nil || row.Label == nil {
			return Example{}, false, errors.New(`a key is missing; want "text" and "label"`)
		}
		label, err := label(row.Label)
		e := Example{Text: *row.Text, Label: label}
		if row.Pair != nil {
			if e.Pair = *row.Pair; e.Pair == "" {
				return e, false, errors.New("the second text is empty")
			}
		}
		return e, true, err
	})
}

// label decodes a JSON string, or an integer as its decimal digits.
func label(raw json.RawMessage) (string, error) {
	var s string
	if json.Unmarshal(raw, &s) == nil && string(raw) != "null" {
		return s, nil
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		return "", fmt.Errorf("label %s; want a string or an integer", raw)
	}
	return strconv.FormatInt(n, 10), nil
}

// read parses each line; parse returns false for a line that contains no example.
func read(r io.Reader, parse func(line string, n int) (Example, bool, error)) (*Set, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	var examples []Example
	n := 0
	for lines.Scan() {
		n++
		line := lines.Bytes()
		if n == 1 {
			line = bytes.TrimPrefix(line, []byte("\ufeff"))
		}
		if !utf8.Valid(line) {
			return nil, fmt.Errorf("line %d: not valid UTF-8; convert the file to UTF-8", n)
		}
		if len(bytes.TrimSpace(line)) == 0 {
			return nil, fmt.Errorf("line %d: empty; want one example per line", n)
		}
		e, ok, err := parse(string(line), n)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if e.Line = n; ok {
			examples = append(examples, e)
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("line %d: longer than %d bytes; want one example per line", n+1,
			maxLine)
	} else if err != nil {
		return nil, fmt.Errorf("line %d: %w", n+1, err)
	}
	if len(examples) == 0 {
		return nil, errors.New("no examples; want one example per line")
	}
	return NewSet(examples)
}
