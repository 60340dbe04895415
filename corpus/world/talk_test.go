package world

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/lm/lmtest"
)

func talkDocs(t *Talk, n int) []corpus.Document { return t.Split(1, n, 0, 0).Train }

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

func TestTalkSourceIsExact(t *testing.T) {
	talk := NewTalk(3)
	docs := talkDocs(talk, 300_000)
	tok := tokenizer(t, "word", docs)
	s := source(t, talk, tok)
	lmtest.Check(t, s, 1e-9, 0, 1, 2, 17)
	for _, d := range docs[:500] {
		require.LessOrEqual(t, len(d.Truth), 64, d.Text)
		scores := lm.Score(s, corpus.EncodeDocument(nil, tok, d))
		require.Len(t, scores, len(d.Truth))
		for i, e := range d.Truth {
			require.Equal(t, e.Nats, 0-scores[i], "%s: word %d", d.Text, i)
		}
	}
}

// TestTalkWords checks that every word of a question, an answer or a call is a word of the
// documents, from which the tokenizer and the model learn it.
func TestTalkWords(t *testing.T) {
	talk := NewTalk(3)
	tok := tokenizer(t, "word", talkDocs(talk, 300_000))
	words := talk.Words()
	rng := newRand(1)
	for _, part := range []Part{ForSFT, ForPreferences, ForTest} {
		for _, kind := range TalkKinds() {
			for range 100 {
				q := talk.Question(part, kind, rng)
				texts := append([]string{q.System, q.User, q.wrong(rng)}, q.Answers...)
				if q.Call != nil {
					texts = append(texts, q.Call.Tool, q.Call.Input, q.Call.Output)
				}
				for _, word := range strings.Fields(strings.Join(texts, " ")) {
					require.Contains(t, words, word, q.User)
					require.Len(t, tok.Encode(nil, " "+word), 1, word)
				}
			}
		}
	}
}

// TestTalkFacts checks that the documents state every fact, always with the same value, and no fact
// about an unknown person.
func TestTalkFacts(t *testing.T) {
	talk := NewTalk(3)
	stated, terms := map[string]string{}, map[string]string{}
	noun := regexp.MustCompile(`the (\w+) of (\w+) is (\w+) \.`)
	means := regexp.MustCompile(`the word (\w+) means (\w+) \.`)
	for _, d := range talkDocs(talk, 300_000) {
		if strings.HasPrefix(d.Text, "reply") {
			continue
		}
		for _, m := range noun.FindAllStringSubmatch(d.Text, -1) {
			key := m[2] + " " + m[1]
			require.Contains(t, []string{"", m[3]}, stated[key], d.Text)
			stated[key] = m[3]
		}
		for _, m := range means.FindAllStringSubmatch(d.Text, -1) {
			terms[m[1]] = m[2]
		}
	}
	require.Len(t, stated, knownPeople*len(traits)*2)
	require.Len(t, terms, definedTerms)
	for _, name := range talk.unknown.all() {
		require.NotContains(t, stated, name+" town")
	}
}

// TestTalkHoldsOut checks that no held-out name, word, object, combination, sum or phrasing occurs
// in a question of a part other than the test.
func TestTalkHoldsOut(t *testing.T) {
	talk := NewTalk(5)
	held := slices.Concat(talk.known.held, talk.unknown.held, talk.defined.held,
		talk.undefined.held)
	rng := newRand(2)
	for _, part := range []Part{ForSFT, ForPreferences} {
		for _, q := range talk.Questions(part, rng, 20_000) {
			require.Empty(t, q.HeldOut)
			require.NotEqual(t, "choice", q.Family)
			words := strings.Fields(q.User)
			for _, word := range words {
				require.NotContains(t, held, word, q.User)
				if q.Family == "how-to" {
					require.NotContains(t, talk.things.held, word)
				}
				if q.Family == "how-to" && part == ForPreferences {
					require.NotContains(t, talk.safe.held, word)
					require.NotContains(t, talk.harmful.held, word)
				}
			}
			for i, trait := range traits {
				p := topic(trait.nouns[0]).phrasings()[talk.heldAsk[topic(trait.nouns[0])]]
				before, _, _ := strings.Cut(p, "*")
				require.False(t, strings.HasPrefix(q.User, before), "%s: %d", q.User, i)
			}
		}
	}
	marks := map[string]int{}
	for _, q := range talk.Questions(ForTest, rng, 5_000) {
		for _, what := range q.HeldOut {
			marks[what]++
		}
	}
	for _, what := range []string{"name", "word", "object", "combination", "sum", "phrasing"} {
		require.Greater(t, marks[what], 50, what)
	}
}

// TestTalkCheck checks that the right answer to every question has the highest reward, and that a
// rejected answer has a lower one.
func TestTalkCheck(t *testing.T) {
	talk := NewTalk(3)
	rng := newRand(3)
	for _, kind := range TalkKinds() {
		for range 200 {
			q := talk.Question(ForTest, kind, rng)
			require.Equal(t, 1.0, talk.Check(q, q.Right()))
			for _, fault := range Faults() {
				require.Less(t, talk.Check(q, talk.Rejected(q, fault, rng)), 1.0)
			}
			if q.Call != nil {
				require.Equal(t, q.Call.Output, talk.callTool(*q.Call), "the table is the truth")
				require.Contains(t, q.Answers[0], q.Call.Output)
			}
			idk := talk.Check(q, TalkAnswer{Text: DoNotKnow})
			switch kind {
			case Unknown:
				require.Equal(t, 1.0, idk)
			case Harmful, Harmless:
				require.Equal(t, -1.0, idk)
			default:
				require.Equal(t, 0.0, idk)
			}
			if q.Call == nil {
				a := q.Right()
				a.Calls = []TalkCall{{Calculator, "1 plus 1", "2"}}
				require.Equal(t, .5, talk.Check(q, a))
			}
		}
	}
}

func TestTalkOperations(t *testing.T) {
	require.Equal(t, "a b .", operation(0).apply("a b"))
	require.Equal(t, "please note : a ! a !", (twice | politely | loudly).apply("a"))
	require.Equal(t, "say a twice and loudly .", instruct("a", twice|loudly, nil))
	require.Equal(t, "minus 9 7 7", compute(list("4 minus 9 8 1")))
	require.Equal(t, "", compute(list("4 minus")))
}

// TestLabeller checks that a labeller without noise follows the gold reward, and that one with a
// length bias is fooled by a long wrong answer.
func TestLabeller(t *testing.T) {
	talk := NewTalk(3)
	rng := newRand(4)
	q := talk.Question(ForPreferences, Unknown, rng)
	long := TalkAnswer{Text: strings.Repeat("really ", 20)}
	require.True(t, talk.Labeller(0, 0).Prefers(q, q.Right(), long, rng))
	require.False(t, talk.Labeller(0, .2).Prefers(q, q.Right(), long, rng))
	errs := 0
	for range 1000 {
		if !talk.Labeller(.4, 0).Prefers(q, q.Right(), long, rng) {
			errs++
		}
	}
	require.InDelta(t, 200, errs, 50)
}

// TestTalkNeverChanges checks that the documents and the questions are the same in every version,
// because runs on disk refer to them.
func TestTalkNeverChanges(t *testing.T) {
	talk := NewTalk(1)
	s := talk.Split(1, 30_000, 3_000, 3_000)
	h := sha256.New()
	for _, part := range []Part{ForSFT, ForPreferences, ForTest} {
		for _, q := range talk.Questions(part, newRand(1), 500) {
			fmt.Fprintln(h, q.System, q.User, q.Answers, q.HeldOut)
		}
	}
	require.Equal(t, "dddb3789aafbda7e", digest(s.Train))
	require.Equal(t, "5e0b09625c5e0483", digest(s.Test))
	require.Equal(t, "8e3a2bb28f36e762", hex.EncodeToString(h.Sum(nil))[:16])
}
