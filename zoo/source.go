package zoo

import (
	"lmzoo/corpus"
	"lmzoo/corpus/world"
)

// Generated is a corpus drawn from an exactly known distribution. It can have any size and needs no
// file.
type Generated struct {
	Name, Title string

	split  func(seed uint64, train, valid, test int) corpus.Split
	source func(seed uint64) world.Generator
}

// The names of the generated corpora.
const (
	WorldName   = "world"
	ReviewsName = "world-reviews"
	TalkName    = "world-talk"
)

// GeneratedCorpora returns the generated corpora, the standard one first.
func GeneratedCorpora() []Generated {
	return []Generated{
		{
			Name: WorldName, Title: "a synthetic world whose true entropy is known; needs no " +
				"download",
			split: func(seed uint64, train, valid, test int) corpus.Split {
				return world.New(world.DefaultSeed).Split(seed, train, valid, test)
			},
			source: func(uint64) world.Generator { return world.New(world.DefaultSeed) },
		},
		{
			Name:  ReviewsName,
			Title: "synthetic reviews and notes with a hidden label, for pre-training",
			split: func(seed uint64, train, valid, test int) corpus.Split {
				return world.NewReviews(world.DefaultSeed).Split(seed, train, valid, test)
			},
			source: func(uint64) world.Generator { return world.NewReviews(world.DefaultSeed) },
		},
		{
			Name: TalkName,
			Title: "a synthetic world of people, sums and words that can be asked about, for " +
				"post-training",
			split: func(seed uint64, train, valid, test int) corpus.Split {
				return world.NewTalk(seed).Split(seed, train, valid, test)
			},
			source: func(seed uint64) world.Generator { return world.NewTalk(seed) },
		},
	}
}

// FindGenerated returns the generated corpus with a name.
func FindGenerated(name string) (Generated, bool) {
	for _, g := range GeneratedCorpora() {
		if g.Name == name {
			return g, true
		}
	}
	return Generated{}, false
}

// IsGenerated reports whether the corpus is generated.
func (d *Data) IsGenerated() bool {
	_, ok := FindGenerated(d.Corpus)
	return ok
}

// Source returns the exact distribution that a generated corpus is drawn from, as a model over tok:
// the best possible model. It returns nil for text whose distribution is unknown and for a
// tokenizer over which no exact source exists.
func (d *Data) Source(tok corpus.Tokenizer) *world.Source {
	g, ok := FindGenerated(d.Corpus)
	if !ok {
		return nil
	}
	s, err := world.NewSource(g.source(d.Seed), tok)
	if err != nil {
		return nil
	}
	return s
}

// Talk returns the world that a run on world-talk can be asked about, or nil for other corpora. Its
// seed is the seed of the corpus.
func (d *Data) Talk() *world.Talk {
	if d.Corpus != TalkName {
		return nil
	}
	return world.NewTalk(max(d.Seed, 1))
}
