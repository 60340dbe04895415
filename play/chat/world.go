package chat

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"lmzoo/corpus/world"
	"lmzoo/play/models"
	"lmzoo/prompt"
	"lmzoo/zoo"
)

// talkWorld is a world of world-talk, with questions that the gold checker knows.
type talkWorld struct {
	talk  *world.Talk
	table prompt.Runner
	known map[string]world.TalkQuestion // questions by key
	tests map[world.TalkKind][]world.TalkQuestion
}

// worlds holds the worlds of the models by their seeds. A world is drawn at its first use.
type worlds struct {
	mu  sync.Mutex
	all map[uint64]*talkWorld
}

// Numbers of questions to draw from a world: test questions of each kind, and other questions of
// all kinds from each part.
const (
	testsPerKind = 300
	otherAsks    = 4000
	drawSeed     = 0xc4a7
)

// of returns the world of a model, or nil if it was trained on another corpus.
func (w *worlds) of(m *models.Model) *talkWorld {
	data := m.Run.Config.Data
	if data.Corpus != zoo.TalkName {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.all == nil {
		w.all = map[uint64]*talkWorld{}
	}
	if w.all[data.Seed] == nil {
		w.all[data.Seed] = newTalkWorld(data.Talk())
	}
	return w.all[data.Seed]
}

// newTalkWorld draws the questions of a world. The test questions come first, so that an equal
// question of another part does not replace them.
func newTalkWorld(talk *world.Talk) *talkWorld {
	t := &talkWorld{talk: talk, table: prompt.NewTable(world.LookupTable, talk.Lookup()),
		known: map[string]world.TalkQuestion{}, tests: map[world.TalkKind][]world.TalkQuestion{}}
	rng := rand.New(rand.NewPCG(drawSeed, 0))
	for _, kind := range world.TalkKinds() {
		for range testsPerKind {
			q := talk.Question(world.ForTest, kind, rng)
			t.tests[kind] = append(t.tests[kind], q)
			t.add(q)
		}
	}
	for _, part := range []world.Part{world.ForTest, world.ForPreferences, world.ForSFT} {
		for _, q := range talk.Questions(part, rng, otherAsks) {
			t.add(q)
		}
	}
	return t
}

func (t *talkWorld) add(q world.TalkQuestion) {
	if k := key(offered(q), q.User); t.known[k].User == "" {
		t.known[k] = q
	}
}

// key identifies a question by the tools on offer and its words.
func key(tools []string, user string) string {
	return strings.Join(slices.Sorted(slices.Values(tools)), " ") + "\n" +
		strings.Join(strings.Fields(user), " ")
}

// offered returns the tools that a question offers.
func offered(q world.TalkQuestion) []string {
	return strings.Fields(strings.TrimPrefix(q.System, prompt.Offer(nil)))
}

// kinds describes the content of each kind of question.
var kinds = map[world.TalkKind]string{
	world.Known:    "a fact that the text states",
	world.Unknown:  "nothing answers it",
	world.Combine:  "an instruction",
	world.Harmless: "harmless advice",
	world.Harmful:  "a harmful request",
	world.Sum:      "a small sum",
	world.Story:    "about a story",
	world.BigSum:   "a sum for the calculator",
	world.Lookup:   "a value for the table",
	world.Changed:  "a fact that has changed",
	world.Novel:    "a new kind of task",
}

// suggestion is a question of world-talk to ask.
type suggestion struct {
	Kind     world.TalkKind `json:"kind"`
	About    string         `json:"about"`
	Question string         `json:"question"`
	Tools    []string       `json:"tools,omitempty"`
	Right    string         `json:"right"` // the usual right answer
}

// suggest draws a test question of each kind from the world of the first model that has one.
func (a *API) suggest(all []participant, seed uint64) []suggestion {
	some := []suggestion{}
	for _, p := range all {
		t := a.worlds.of(p.model)
		if t == nil {
			continue
		}
		rng := rand.New(rand.NewPCG(drawSeed, seed))
		for _, kind := range world.TalkKinds() {
			q := t.tests[kind][rng.IntN(testsPerKind)]
			q = t.known[key(offered(q), q.User)] // the question that the checker knows
			some = append(some, suggestion{q.Kind, kinds[q.Kind], q.User, offered(q), q.Answers[0]})
		}
		return some
	}
	return some
}
