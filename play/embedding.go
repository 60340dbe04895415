package play

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/corpus/world"
	"lmzoo/lm"
	"lmzoo/nn"
	"lmzoo/play/models"
	"lmzoo/play/web"
	"lmzoo/zoo"
)

// embeddingSpace is the map of a model's embeddings. Tokens that the model treats similarly are
// close to each other.
type embeddingSpace struct {
	once   sync.Once
	points []point
	shares []float64
	unit   [][]float64 // the embeddings, scaled to length 1
}

// space returns the map of a model, which is computed only once.
func space(e *models.Model, table *autograd.Tensor) *embeddingSpace {
	kept, _ := e.Views.LoadOrStore("embeddings", &embeddingSpace{})
	s := kept.(*embeddingSpace)
	s.once.Do(func() {
		s.unit = nn.Unit(table)
		s.draw(e, table)
	})
	return s
}

// point is a token on the map.
type point struct {
	ID   lm.Token  `json:"id"`
	Text string    `json:"text"`
	X    web.Float `json:"x"` // −1 to 1
	Y    web.Float `json:"y"`
	// Class is the class of the word in the corpus, such as animal; "" if it has none.
	Class string `json:"class,omitempty"`
}

// neighbour is a token close to another token.
type neighbour struct {
	ID     lm.Token `json:"id"`
	Text   string   `json:"text"`
	Cosine float64  `json:"cosine"`
}

const (
	maxPoints = 1500
	maxNear   = 12
	maxWord   = 256 // bytes of a word of an analogy
)

// table returns the model's embeddings, one row per token, or nil if it has none.
func table(e *models.Model) *autograd.Tensor {
	if m, err := e.Run.Embedder(); err == nil {
		return m.Embeddings()
	}
	return nil
}

// embedded returns the model that a request names, and its embeddings.
func (s *Server) embedded(id string) (*models.Model, *autograd.Tensor, error) {
	e, err := s.models.Get("model", id)
	if err != nil {
		return nil, nil, err
	}
	table := table(e)
	if table == nil {
		return nil, nil, web.Refuse(http.StatusNotFound, "model", "%s has no embeddings", e.ID)
	}
	if slices.ContainsFunc(table.Data, func(v float32) bool { return v-v != 0 }) {
		return nil, nil, fmt.Errorf("%s: an embedding is NaN or infinite; "+
			"train the model again with a lower learning rate", e.ID)
	}
	return e, table, nil
}

// embeddings answers with a map of the tokens in the plane of their two principal components
// (Pearson 1901).
func (s *Server) embeddings(r *http.Request) (any, error) {
	e, table, err := s.embedded(r.PathValue("model"))
	if err != nil {
		return nil, err
	}
	space := space(e, table)
	return map[string]any{
		"model": e.ID, "channels": table.Cols, "points": space.points, "variance": space.shares,
		"classes": classes(space.points),
	}, nil
}

// classes returns the classes of the points, the most frequent first.
func classes(points []point) []string {
	count := map[string]int{}
	for _, p := range points {
		if p.Class != "" {
			count[p.Class]++
		}
	}
	names := slices.Sorted(maps.Keys(count))
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(count[b], count[a]) })
	return append([]string{}, names...)
}

// mapped returns the tokens to draw on the map: the most frequent tokens, at most maxPoints. For a
// tokenizer of words, it leaves out tokens of fewer than two letters.
func mapped(e *models.Model) []lm.Token {
	whole := corpus.TraitsOf(e.Tokenizer()).Words
	var tokens []lm.Token
	for t, text := range e.Texts {
		if text == "" || !utf8.ValidString(text) || whole && letters(text) < 2 {
			continue
		}
		if tokens = append(tokens, lm.Token(t)); len(tokens) == maxPoints {
			break
		}
	}
	return tokens
}

func letters(text string) int {
	n := 0
	for _, r := range text {
		if unicode.IsLetter(r) {
			n++
		}
	}
	return n
}

// draw projects the embeddings onto the plane.
func (s *embeddingSpace) draw(e *models.Model, table *autograd.Tensor) {
	s.points, s.shares = []point{}, []float64{}
	tokens := mapped(e)
	if len(tokens) < 3 || table.Cols < 2 {
		return
	}
	rows := mat.NewDense(len(tokens), table.Cols, nil)
	for i, t := range tokens {
		for j, v := range table.Row(int(t)) {
			rows.Set(i, j, float64(v))
		}
	}
	var pc stat.PC
	if !pc.PrincipalComponents(rows, nil) {
		return
	}
	var vectors, plane mat.Dense
	pc.VectorsTo(&vectors)
	variances := pc.VarsTo(nil)
	means := make([]float64, table.Cols)
	for j := range means {
		means[j] = stat.Mean(mat.Col(nil, j, rows), nil)
	}
	rows.Apply(func(_, j int, v float64) float64 { return v - means[j] }, rows)
	plane.Mul(rows, vectors.Slice(0, table.Cols, 0, 2))
	reachX, reachY := reach(mat.Col(nil, 0, &plane)), reach(mat.Col(nil, 1, &plane))
	if !(reachX > 0 && reachY > 0) {
		return
	}
	total := 0.0
	for _, v := range variances {
		total += v
	}
	s.shares = []float64{variances[0] / total, variances[1] / total}
	for i, t := range tokens {
		s.points = append(s.points,
			point{t, e.Show(t), web.Float(bounded(plane.At(i, 0) / reachX)),
				web.Float(bounded(plane.At(i, 1) / reachY)), classOf(e, t)})
	}
}

// classOf returns the class of a word of a generated corpus, or "".
func classOf(e *models.Model, t lm.Token) string {
	if _, ok := zoo.FindGenerated(e.Run.Config.Data.Corpus); !ok {
		return ""
	}
	return world.WordClass(strings.TrimSpace(e.Texts[t]))
}

// reach returns the 97th percentile of |values|, so that a few outliers do not compress the scale.
func reach(values []float64) float64 {
	for i, v := range values {
		values[i] = math.Abs(v)
	}
	slices.Sort(values)
	return values[len(values)*97/100]
}

func bounded(x float64) float64 { return max(-1, min(1, x)) }

// neighbours answers with the tokens that have the most similar embeddings.
func (s *Server) neighbours(r *http.Request) (any, error) {
	e, table, err := s.embedded(r.PathValue("model"))
	if err != nil {
		return nil, err
	}
	id, err := strconv.Atoi(r.PathValue("token"))
	if err != nil || id < 0 || id >= table.Rows {
		return nil, web.Invalid("token", "is %.40q; want a number from 0 to %d",
			r.PathValue("token"), table.Rows-1)
	}
	near := nn.Nearest(space(e, table).unit, lm.Token(id), maxNear, unmapped(e))
	return map[string]any{
		"model": e.ID, "id": id, "text": e.Show(lm.Token(id)), "neighbours": shown(e, near),
	}, nil
}

// shown converts neighbours to the form that a view shows.
func shown(e *models.Model, near []nn.Neighbour) []neighbour {
	out := []neighbour{}
	for _, n := range near {
		out = append(out, neighbour{n.Token, e.Show(n.Token), n.Score})
	}
	return out
}

// unmapped returns a function that reports whether a token is not on the map.
func unmapped(e *models.Model) func(lm.Token) bool {
	on := make([]bool, len(e.Texts))
	for _, t := range mapped(e) {
		on[t] = true
	}
	return func(t lm.Token) bool { return int(t) >= len(on) || !on[t] }
}

// analogyRequest asks for the words d for which a is to b as c is to d.
type analogyRequest struct {
	Model string `json:"model"`
	A     string `json:"a"`
	B     string `json:"b"`
	C     string `json:"c"`
}

// analogy answers with the words that complete an analogy, by the sum of cosines (nn.Analogy).
func (s *Server) analogy(_ context.Context, q analogyRequest) (any, error) {
	e, table, err := s.embedded(q.Model)
	if err != nil {
		return nil, err
	}
	var given [3]lm.Token
	for i, word := range []struct{ field, text string }{{"a", q.A}, {"b", q.B}, {"c", q.C}} {
		if len(word.text) > maxWord {
			return nil, web.Invalid(word.field, "has %d bytes; want one word of at most %d",
				len(word.text), maxWord)
		}
		if given[i], err = e.Run.Word(word.text); err != nil {
			return nil, web.Invalid(word.field, "is invalid: %v", err)
		}
	}
	near := nn.Analogy(space(e, table).unit, given[0], given[1], given[2], maxNear, unmapped(e))
	return map[string]any{"model": e.ID, "answers": shown(e, near)}, nil
}
