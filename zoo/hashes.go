package zoo

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"

	"lmzoo/corpus"
)

// reconcile records the hashes of the text that was read. It returns an error if the text differs
// from the text that the run was made from.
func (d *Data) reconcile(c *corpus.Corpus) error {
	fresh := d.SHA256 == ""
	for _, text := range []struct {
		source string
		want   *string
		got    *corpus.Input
	}{
		{d.Corpus, &d.SHA256, &c.Input}, {d.Valid, &d.ValidSHA256, c.Valid}, {d.Test, &d.TestSHA256,
			c.Test},
	} {
		if text.got == nil {
			continue
		}
		if *text.want != "" && *text.want != text.got.SHA256 {
			return fmt.Errorf("%s has changed since the model was trained: its SHA-256 is "+
				"%.12s…; want %.12s…: "+
				"restore it, or evaluate on another text with --corpus FILE", text.source,
				text.got.SHA256, *text.want)
		}
		*text.want = text.got.SHA256
	}
	d.Documents, d.Split = string(c.Documents), c.Ratio.String()
	d.Shuffle, d.Bytes = c.Shuffled, c.Bytes
	if fresh && (isRelative(d.Corpus) || isRelative(d.Valid) || isRelative(d.Test)) {
		d.Base, _ = os.Getwd() // without Base, paths are relative to the working directory
	}
	return nil
}

// isRelative reports whether a source is a file or a directory with a relative path.
func isRelative(source string) bool {
	if source == "" || source == "-" || filepath.IsAbs(source) || IsMixture(source) {
		return false
	}
	_, err := corpus.FindNamed(source)
	return err != nil && !(&Data{Corpus: source}).IsGenerated()
}

// Path returns the path of a source, relative to the directory in which the run was made or, if the
// source is no longer there, to the working directory.
func (d *Data) Path(source string) string {
	if d.Base == "" || !isRelative(source) {
		return source
	}
	if here, err := os.Getwd(); err == nil && here == d.Base {
		return source
	}
	path := filepath.Join(d.Base, source)
	if _, err := os.Stat(path); err != nil {
		return source
	}
	return path
}

// SameText reports whether two runs were made from the same text with the same split, wherever the
// text is stored.
func (d Data) SameText(other Data) bool {
	for _, d := range []*Data{&d, &other} {
		d.Base, d.Mixture = "", nil // the hash is that of all sources
		d.Corpus, d.Valid, d.Test = cmp.Or(d.SHA256, d.Corpus), cmp.Or(d.ValidSHA256,
			d.Valid), cmp.Or(d.TestSHA256, d.Test)
	}
	return d == other
}

// From returns d with its corpus at another path.
func (d Data) From(source string) Data {
	d.Valid, d.Test = d.Path(d.Valid), d.Path(d.Test)
	d.Corpus, d.Base = source, ""
	return d
}

// SamePath reports whether own, a source of d such as d.Corpus, is the same file as source in the
// working directory.
func (d Data) SamePath(own, source string) bool {
	if !isRelative(own) && own == source { // a mixture, too
		return true
	}
	a, err := os.Stat(d.Path(own))
	b, err2 := os.Stat(source)
	return err == nil && err2 == nil && os.SameFile(a, b)
}
