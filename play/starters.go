package play

import (
	"lmzoo/corpus"
	"lmzoo/play/models"
	"lmzoo/zoo"
)

// starter is an example prompt: the beginning of a document of the world that no model was trained
// on, up to a token of one class.
type starter struct {
	Name  string       `json:"name"`
	Text  string       `json:"text"`
	class corpus.Class // class of the next token, which is certain for a reader who knows the world
}

// starters has one prompt for each kind of knowledge that a token of the world can need.
var starters = []starter{
	{"local pattern",
		"today in spring , on a mild night , two friends meet in lorrin . it is a tale of",
		corpus.Local},
	{"long memory", "today in spring , on a mild night , two friends meet in lorrin . " +
		"it is a tale of the forest . lena is a potter with a green rope . " +
		"rosa is a doctor with a purple axe . then lena goes to the hut . " +
		"the gull would yawn happily near the pier . then rosa goes to the stream . outside the",
		corpus.Long},
	{"learned fact", "here is what we know of gundula . she earned money as a", corpus.Fact},
	{"copy from context", "in the language of palu : here lurv means white . " +
		"here liff means apples . so liff means apples . here lanx means purple . so lurv means",
		corpus.InContext},
	{"small sum",
		"let us count nails . tomas has nine nails . he sells three nails . now tomas has",
		corpus.Compute},
}

// startersFor returns the starters if a model was trained on the world.
func startersFor(all []*models.Model) []starter {
	for _, m := range all {
		if m.Run.Config.Data.Corpus == zoo.WorldName {
			return starters
		}
	}
	return []starter{}
}
