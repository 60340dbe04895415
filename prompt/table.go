package prompt

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// Table is a tool that looks up the text for a key, such as "mira birthplace". It ignores case and
// extra space.
type Table struct {
	name    string
	entries map[string]string
}

// maxTable is the maximum size of a table's file in bytes.
const maxTable = 64 << 20

// NewTable returns a table as a tool with the given name.
func NewTable(name string, entries map[string]string) *Table {
	t := &Table{name, make(map[string]string, len(entries))}
	for key, value := range entries {
		t.entries[tableKey(key)] = value
	}
	return t
}

// OpenTable reads a table: a .json file with one object of texts, or lines of key, tab, value.
func OpenTable(name, path string) (*Table, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading the table: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxTable+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading the table: %w", err)
	case len(data) > maxTable:
		return nil, fmt.Errorf("table %s: more than %d bytes; want a smaller one", path, maxTable)
	case !utf8.Valid(data):
		return nil, fmt.Errorf("table %s: invalid UTF-8; want text in UTF-8", path)
	}
	data = bytes.TrimPrefix(data, byteOrderMark)
	entries := map[string]string{}
	if strings.EqualFold(filepath.Ext(path), ".json") {
		err = json.Unmarshal(data, &entries)
		if err != nil {
			err = fmt.Errorf(`%w; want one object such as {"mira age": "31"}`, unwrapJSON(err))
		}
	} else {
		err = readTSV(data, entries)
	}
	if err == nil && len(entries) == 0 {
		err = errors.New("no entries; want at least one")
	}
	if err != nil {
		return nil, fmt.Errorf("table %s: %w", path, err)
	}
	return NewTable(name, entries), nil
}

func readTSV(data []byte, entries map[string]string) error {
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, maxLine)
	n := 0
	for ; lines.Scan(); n++ {
		key, value, ok := strings.Cut(lines.Text(), "\t")
		if !ok || strings.TrimSpace(key) == "" {
			return fmt.Errorf("line %d: want a key, a tab and a value", n+1)
		}
		entries[key] = strings.TrimSpace(value)
	}
	if lines.Err() != nil {
		return fmt.Errorf("line %d: longer than %d bytes; want shorter lines", n+1, maxLine)
	}
	return nil
}

func tableKey(text string) string {
	return strings.ToLower(strings.Join(strings.Fields(text), " "))
}

// Name implements Runner.
func (t *Table) Name() string { return t.name }

// Run implements Runner.
func (t *Table) Run(_ context.Context, input string) (string, error) {
	if value, ok := t.entries[tableKey(input)]; ok {
		return value, nil
	}
	return "", errors.New("not found")
}
