package zoo

import (
	"lmzoo/corpus"
	"lmzoo/corpus/world"
)

// Source returns the exact distribution that a generated corpus is drawn from, as a model over tok: the
// best that any model can be. It returns nil for text whose distribution nobody knows, and for a
// tokenizer over which no exact source exists.
func (d *Data) Source(tok corpus.Tokenizer) *world.Source {
	g, ok := generators[d.Corpus]
	if !ok {
		return nil
	}
	s, err := world.NewSource(g(), tok)
	if err != nil {
		return nil
	}
	return s
}

// generators are the generated corpora by name.
var generators = map[string]func() world.Generator{
	WorldName: func() world.Generator { return world.New(world.DefaultSeed) },
}
