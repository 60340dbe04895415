package zoo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"

	"lmzoo/corpus"
)

// Mixture is several texts that a run is trained on together.
type Mixture struct {
	Sources []Source `json:"sources"`
}

// Source is one text of a mixture. Each has its own parts for training, validation and test.
type Source struct {
	Data
	Weight float64 `json:"weight"`
	End    float64 `json:"end_weight"` // at the end of the training
}

// IsMixture reports whether a corpus is written as a mixture, such as "world=0.7,book.txt=0.3". A
// file or a corpus whose whole name looks like one is not a mixture.
func IsMixture(text string) bool {
	if !strings.Contains(text, "=") {
		return false
	}
	_, err := os.Stat(text)
	return err != nil
}

// mixtureForm says how a mixture is written.
const mixtureForm = `write CORPUS=WEIGHT,CORPUS=WEIGHT, such as world=0.7,book.txt=0.3, and a ` +
	`comma in a name as \,`

// parseMixture reads a mixture. The weight of a source follows the last "=", so that a name may
// contain one.
func parseMixture(text string) (sources []Source, err error) {
	fail := func(format string, a ...any) ([]Source, error) {
		return nil, Misuse{fmt.Errorf("mixture %s: %w; %s", text, fmt.Errorf(format, a...),
			mixtureForm)}
	}
	sum := 0.0
	for _, part := range splitList(text) {
		at := strings.LastIndexByte(part, '=')
		if at <= 0 {
			return fail("%q has no weight", part)
		}
		name := part[:at]
		weight, err := strconv.ParseFloat(part[at+1:], 64)
		switch {
		case err != nil || math.IsNaN(weight) || math.IsInf(weight, 0):
			return fail("weight %q of %s is not a number", part[at+1:], name)
		case weight < 0:
			return fail("weight of %s is %g; want 0 or more", name, weight)
		case find(sources, name) != nil:
			return fail("%s occurs twice", name)
		case name == "-":
			return fail("standard input cannot be a source")
		}
		sum += weight
		sources = append(sources, Source{Data: Data{Corpus: name}, Weight: weight, End: weight})
	}
	if sum == 0 {
		return fail("all weights are 0")
	}
	return sources, nil
}

// splitList splits a text at its commas; \, stands for a comma.
func splitList(text string) (parts []string) {
	var part strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text) && text[i+1] == ',':
			i++
			part.WriteByte(',')
		case text[i] == ',':
			parts = append(parts, part.String())
			part.Reset()
		default:
			part.WriteByte(text[i])
		}
	}
	return append(parts, part.String())
}

func find(sources []Source, name string) *Source {
	for i := range sources {
		if sources[i].Corpus == name {
			return &sources[i]
		}
	}
	return nil
}

// ParseMixture fills in Mixture from Corpus and MixEnd. It does nothing if Corpus is a single text,
// or if the sources are known from a run.
func (d *Data) ParseMixture() error {
	if d.Mixture != nil {
		return nil
	}
	if !IsMixture(d.Corpus) {
		if d.MixEnd != "" {
			return Misuse{fmt.Errorf("--mix-end %s needs a mixture in --corpus; %s", d.MixEnd,
				mixtureForm)}
		}
		return nil
	}
	if d.Valid != "" || d.Test != "" {
		return Misuse{errors.New("--valid and --test belong to a single corpus; every source of " +
			"a mixture has its own parts: leave them out")}
	}
	sources, err := parseMixture(d.Corpus)
	if err != nil {
		return err
	}
	if d.MixEnd != "" {
		if err := setEnds(sources, d.MixEnd); err != nil {
			return err
		}
	}
	for i := range sources {
		s := &sources[i].Data
		if s.IsGenerated() {
			s.Tokens, s.Seed = d.Tokens, d.Seed
		} else {
			s.Documents, s.Split, s.Shuffle = d.Documents, d.Split, d.Shuffle
		}
	}
	d.Mixture = &Mixture{sources}
	return nil
}

// setEnds sets the weights at the end of the training.
func setEnds(sources []Source, text string) error {
	ends, err := parseMixture(text)
	if err != nil {
		return err
	}
	for _, e := range ends {
		s := find(sources, e.Corpus)
		if s == nil {
			return Misuse{fmt.Errorf("mixture %s: %s is not a source of --corpus; want the same "+
				"sources", text, e.Corpus)}
		}
		s.End = e.Weight
	}
	for _, s := range sources {
		if find(ends, s.Corpus) == nil {
			return Misuse{fmt.Errorf("mixture %s: it has no weight for %s; want the same sources "+
				"as --corpus, with 0 for one that ends", text, s.Corpus)}
		}
	}
	return nil
}

// loadMixture reads every source. The parts of the sources follow each other; those for validation
// and test alternate, so that their beginning has documents from all sources.
func (d *Data) loadMixture(ctx context.Context, in Input) (all corpus.Split, err error) {
	h := sha256.New()
	d.Bytes = 0
	var valid, test [][]corpus.Document
	for i := range d.Mixture.Sources {
		s := &d.Mixture.Sources[i]
		split, err := s.Data.Load(ctx, in)
		if err != nil {
			return all, err
		}
		for _, other := range d.Mixture.Sources[:i] {
			if other.SHA256 == s.SHA256 {
				return all, Misuse{fmt.Errorf("mixture %s: %s and %s are the same text; leave "+
					"one out", d.Corpus, other.Corpus, s.Corpus)}
			}
		}
		if len(split.Train) == 0 {
			return all, emptyTraining(s.Corpus)
		}
		all.Train = append(all.Train, split.Train...)
		all.Parts = append(all.Parts, len(split.Train))
		valid, test = append(valid, split.Valid), append(test, split.Test)
		d.Bytes += s.Bytes
		// writing to a hash does not fail
		fmt.Fprintf(h, "%s %s %s %g %g\n", s.SHA256, s.Documents, s.Split, s.Weight, s.End)
	}
	all.Valid, all.Test = alternate(valid), alternate(test)
	d.SHA256 = hex.EncodeToString(h.Sum(nil)) // each source has compared its own
	return all, nil
}

// alternate takes one document of every source in turn.
func alternate(sources [][]corpus.Document) (all []corpus.Document) {
	for i, more := 0, true; more; i++ {
		more = false
		for _, docs := range sources {
			if i < len(docs) {
				all, more = append(all, docs[i]), true
			}
		}
	}
	return all
}

// shares returns the weights for corpus.NewMixed.
func (m *Mixture) shares() (shares []corpus.Share) {
	for _, s := range m.Sources {
		shares = append(shares, corpus.Share{Start: s.Weight, End: s.End})
	}
	return shares
}

// changes reports whether the weights change during the training.
func (m *Mixture) changes() bool {
	for _, s := range m.Sources {
		if s.Weight != s.End {
			return true
		}
	}
	return false
}

// SourceOf returns the source of a mixture with the given name or the given hash, or nil if there
// is none.
func (d *Data) SourceOf(name, sha256 string) *Source {
	if d.Mixture == nil {
		return nil
	}
	for i := range d.Mixture.Sources {
		s := &d.Mixture.Sources[i]
		if s.Corpus == name || sha256 != "" && s.SHA256 == sha256 {
			return s
		}
	}
	return nil
}
