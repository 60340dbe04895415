package play

import (
	"cmp"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"unicode"
	"unicode/utf8"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/play/models"
	"lmzoo/play/web"
)

// embeddingSpace is the map of a model's embeddings. Tokens that the model treats similarly are
// close to each other.
type embeddingSpace struct {
	once   sync.Once
	points []point
	shares []float64
}

// point is a token on the map.
type point struct {
	ID   lm.Token  `json:"id"`
	Text string    `json:"text"`
	X    web.Float `json:"x"` // −1 to 1
	Y    web.Float `json:"y"`
}

// neighbour is a token close to another one.
type neighbour struct {
	ID     lm.Token `json:"id"`
	Text   string   `json:"text"`
	Cosine float64  `json:"cosine"`
}

const (
	maxPoints = 1500
	maxNear   = 12
)

// table returns the model's embeddings, one row per token, or nil if it has none.
func table(e *models.Model) *autograd.Tensor {
	if m, err := e.Run.Embedder(); err == nil {
		return m.Embeddings()
	}
	return nil
}

// embedded returns the model that a request names, and its embeddings.
func (s *Server) embedded(r *http.Request) (*models.Model, *autograd.Tensor, error) {
	e, err := s.models.Get("model", r.PathValue("model"))
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
	e, table, err := s.embedded(r)
	if err != nil {
		return nil, err
	}
	kept, _ := e.Views.LoadOrStore("embeddings", &embeddingSpace{})
	space := kept.(*embeddingSpace)
	space.once.Do(func() { space.draw(e, table) })
	return map[string]any{
		"model": e.ID, "channels": table.Cols, "points": space.points, "variance": space.shares,
	}, nil
}

// mapped returns the tokens to draw on the map: the most frequent ones, at most maxPoints. For a
// tokenizer of words, only tokens of two letters or more are drawn.
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
				web.Float(bounded(plane.At(i, 1) / reachY))})
	}
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
	e, table, err := s.embedded(r)
	if err != nil {
		return nil, err
	}
	id, err := strconv.Atoi(r.PathValue("token"))
	if err != nil || id < 0 || id >= table.Rows {
		return nil, web.Invalid("token", "is %.40q; want a number from 0 to %d",
			r.PathValue("token"), table.Rows-1)
	}
	near := []neighbour{}
	for _, t := range mapped(e) {
		if int(t) != id {
			near = append(near, neighbour{t, e.Show(t), cosine(table.Row(id), table.Row(int(t)))})
		}
	}
	slices.SortStableFunc(near, func(a, b neighbour) int { return cmp.Compare(b.Cosine, a.Cosine) })
	return map[string]any{
		"model": e.ID, "id": id, "text": e.Show(lm.Token(id)), "neighbours": near[:min(maxNear,
			len(near))],
	}, nil
}

// cosine returns a·b / ‖a‖‖b‖.
func cosine(a, b []float32) float64 {
	ab, aa, bb := 0.0, 0.0, 0.0
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}
