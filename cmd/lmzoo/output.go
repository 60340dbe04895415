package main

import (
	"io"
	"strings"
	"unicode/utf8"
)

// output is standard output. It makes control characters visible, so that no text of a model or a
// corpus and no name of a run can move the cursor, rename the window or answer for the user: every
// verb writes through it, except that verbs whose output is a file use exact. It remembers the
// first error, so that a result that could not be written, for example to a full disk, is never
// reported as success.
type output struct {
	io.Writer
	err     error
	pending []byte // the incomplete character at the end of the text so far
}

func (o *output) Write(p []byte) (int, error) {
	var safe []byte
	safe, o.pending = escapeControls(nil, append(o.pending, p...))
	if _, err := o.write(safe); err != nil {
		return 0, err
	}
	return len(p), nil
}

// write writes bytes unchanged.
func (o *output) write(p []byte) (int, error) {
	n, err := o.Writer.Write(p)
	if o.err == nil {
		o.err = err
	}
	return n, err
}

// flush writes the pending bytes of a character that was never completed.
func (o *output) flush() {
	if len(o.pending) > 0 {
		_, _ = o.write(escapeBytes(nil, o.pending)) // the error is remembered
		o.pending = nil
	}
}

// exact returns a writer that leaves bytes unchanged, for verbs whose output is a file.
func exact(w io.Writer) io.Writer {
	if o, ok := w.(*output); ok {
		return exactOutput{o}
	}
	return w
}

type exactOutput struct{ *output }

func (o exactOutput) Write(p []byte) (int, error) { return o.write(p) }

// printable returns text with its control characters made visible.
func printable(text string) string {
	unsafe := func(r rune) bool { return isControl(r) || r == utf8.RuneError }
	if !strings.ContainsFunc(text, unsafe) {
		return text
	}
	safe, rest := escapeControls(nil, []byte(text))
	return string(escapeBytes(safe, rest))
}

// isControl reports whether a terminal may interpret r: whether r is a control character other than
// a tab or a line end.
func isControl(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r >= 0x7f && r < 0xa0
}

// escapeControls appends text to dst, with control characters as \x1b or \u009b, and returns the
// incomplete character at the end of the text.
func escapeControls(dst, text []byte) (safe, rest []byte) {
	for len(text) > 0 {
		if !utf8.FullRune(text) {
			return dst, text
		}
		r, size := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && size == 1:
			dst = escapeBytes(dst, text[:1])
		case !isControl(r):
			dst = append(dst, text[:size]...)
		case r < ' ':
			dst = append(dst, '\\', 'x', hexDigits[r>>4], hexDigits[r&15])
		default: // also valid in JSON, which leaves these characters unchanged
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[r>>4], hexDigits[r&15])
		}
		text = text[size:]
	}
	return dst, nil
}

// escapeBytes appends bytes that are not UTF-8, escaped. A terminal with one byte per character
// would interpret some of them.
func escapeBytes(dst, text []byte) []byte {
	for _, b := range text {
		if isControl(rune(b)) {
			dst = append(dst, '\\', 'x', hexDigits[b>>4], hexDigits[b&15])
		} else {
			dst = append(dst, b)
		}
	}
	return dst
}

const hexDigits = "0123456789abcdef"
