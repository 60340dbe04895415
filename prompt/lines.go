package prompt

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxLine is the maximum length of a line in bytes.
const maxLine = 1 << 20

var byteOrderMark = []byte("\xef\xbb\xbf")

// eachLine calls parse for every non-blank line of a JSONL file. Its errors name the file and the
// line. Lines end with "\n" or "\r\n"; a byte order mark before the first line is ignored.
func eachLine(r io.Reader, name string, parse func(o object, n int) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	n, found := 0, false
	for lines.Scan() {
		n++
		line := bytes.TrimSpace(bytes.TrimPrefix(lines.Bytes(), byteOrderMark))
		if len(line) == 0 {
			continue
		}
		found = true
		o, err := parseObject(line, `{"prompt": …}`)
		if err == nil {
			err = parse(o, n)
		}
		if err != nil {
			return fmt.Errorf("%s: line %d: %w", name, n, err)
		}
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return fmt.Errorf("%s: line %d: longer than %d bytes; want shorter lines", name, n+1,
			maxLine)
	case err != nil:
		return fmt.Errorf("%s: after line %d: %w", name, n, err)
	case !found:
		return fmt.Errorf("%s: no lines; want one JSON object per line", name)
	}
	return nil
}

// object is a JSON object with undecoded fields.
type object map[string]json.RawMessage

// parseObject decodes an object; example is one for the error.
func parseObject(data []byte, example string) (object, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("invalid UTF-8; want text in UTF-8")
	}
	var o object
	err := json.Unmarshal(data, &o)
	if err == nil && o == nil {
		err = errors.New("it is null")
	}
	if err != nil {
		return nil, fmt.Errorf("not a JSON object: %w; want one such as %s", unwrapJSON(err),
			example)
	}
	return o, nil
}

// unwrapJSON replaces an error about Go types with one about JSON types.
func unwrapJSON(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		what, _, _ := strings.Cut(wrong.Value, " ") // without the digits of a number
		if what == "array" || what == "object" {
			return fmt.Errorf("it is an %s", what)
		}
		return fmt.Errorf("it is a %s", what)
	}
	return err
}

// has reports whether the object has a field that is not null.
func (o object) has(field string) bool {
	raw, ok := o[field]
	return ok && string(raw) != "null"
}

// text decodes a field that must be a string.
func (o object) text(field string) (string, error) {
	var s string
	if err := json.Unmarshal(o[field], &s); err != nil {
		return "", fmt.Errorf("%s: %w; want a string", field, unwrapJSON(err))
	}
	return s, nil
}

// fields lists the names of the fields for an error.
func (o object) fields() string {
	if len(o) == 0 {
		return "no fields"
	}
	var names []string
	for name := range o {
		names = append(names, fmt.Sprintf("%.40q", name))
	}
	slices.Sort(names)
	return strings.Join(names[:min(len(names), 8)], ", ")
}

// refuse returns an error if the object has one of the given fields, which are unsupported and
// would change the training. Other unknown fields are ignored, because data sets have many, such as
// "id".
func (o object) refuse(fields ...string) error {
	for _, f := range fields {
		if o.has(f) {
			return fmt.Errorf("%s: this field is not supported; remove it", f)
		}
	}
	return nil
}
