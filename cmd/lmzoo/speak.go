package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode/utf8"

	"lmzoo/corpus"
	"lmzoo/format/atomic"
	"lmzoo/lm"
	"lmzoo/lm/sample"
	"lmzoo/zoo"
)

// writeFile writes a file that does not belong to a run.
func writeFile(path string, write func(io.Writer) error) error {
	if zoo.IsRunFile(path) {
		return runFileError(path)
	}
	return atomic.WriteFile(path, write)
}

func runFileError(path string) error {
	return usagef("cannot write %s: this is the name of a file of a run; choose another --out",
		path)
}

// generate writes the text that a run generates after a prompt, one token at a time.
func generate(ctx context.Context, w io.Writer, r *zoo.Run, prompt string, opt sample.Options,
	rng *rand.Rand) error {
	m, err := r.LM()
	if err != nil {
		return err
	}
	state := after(m, r.Tokenizer, prompt)
	out := &voice{tok: r.Tokenizer, w: w, spoken: prompt != "" && !strings.HasSuffix(prompt, " ") &&
		!strings.HasSuffix(prompt, "\n")}
	err = sample.Generate(ctx, state, opt, rng,
		func(t lm.Token, _ float64) bool { return out.say(t) })
	if out.err != nil {
		return out.err
	}
	out.flush()
	if out.err != nil {
		return out.err
	}
	return err
}

// search prints the continuations of a prompt that a beam search finds, the likeliest first.
func search(ctx context.Context, w io.Writer, r *zoo.Run, prompt string, width, length int) error {
	if length == 0 {
		return usagef("--tokens is 0; want a maximum length for --beam")
	}
	m, err := r.LM()
	if err != nil {
		return err
	}
	found, err := sample.Beam(ctx, after(m, r.Tokenizer, prompt), width, length)
	if err != nil {
		return fmt.Errorf("%s: %w", r.Dir, err)
	}
	tokens := r.Tokenizer.Encode(nil, prompt)
	for _, h := range found {
		text := r.Tokenizer.Decode(slices.Concat(tokens, h.Tokens))
		if h.Ended {
			text += " <bos>"
		}
		fmt.Fprintf(w, "%9.3f  %s\n", h.LogProb, text)
	}
	return nil
}

// after returns the state of a model that has read a prompt.
func after(m lm.Model, tok corpus.Tokenizer, prompt string) lm.State {
	state := lm.Start(m)
	for _, t := range tok.Encode(nil, prompt) {
		state.Push(t)
	}
	return state
}

// voice writes tokens as text as soon as they form whole characters.
type voice struct {
	tok     corpus.Tokenizer
	w       io.Writer
	pending []lm.Token
	spoken  bool // true if text precedes the next word
	err     error
}

// say writes the next token and reports whether writing succeeded.
func (v *voice) say(t lm.Token) bool {
	v.pending = append(v.pending, t)
	text := v.tok.Decode(v.pending)
	if r, size := utf8.DecodeLastRuneInString(text); len(v.pending) < utf8.UTFMax*2 &&
		(text == "" || r == utf8.RuneError && size == 1) {
		return true // more bytes of the character may follow
	}
	v.flush()
	return v.err == nil
}

func (v *voice) flush() {
	if len(v.pending) == 0 || v.err != nil {
		return
	}
	text := v.tok.Decode(v.pending)
	if v.spoken {
		text = corpus.TraitsOf(v.tok).Separator + text
	}
	v.pending, v.spoken = v.pending[:0], true
	_, v.err = io.WriteString(v.w, text)
}
