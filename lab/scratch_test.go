package lab

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus/world"
	"lmzoo/eval"
	"lmzoo/task"
)

// TestSearchScratch prints the accuracy of networks from scratch on the development pool for a grid
// of recipes:
//
//	LMZOO_SEARCH=1 go test -run TestSearchScratch -v -timeout 0 ./lab
//
// No reported result uses its seed.
func TestSearchScratch(t *testing.T) {
	if os.Getenv("LMZOO_SEARCH") == "" {
		t.Skip("a search of half an hour; set LMZOO_SEARCH=1 to run it")
	}
	const seed = 11
	env := &Env{Threads: runtime.NumCPU(), Scale: Full, Store: NewStore("")}
	w, dev := reviewTask(seed, world.Dev)
	rates := []recipe{
		{head: 1e-3, body: 1e-3}, {head: 3e-3, body: 3e-3}, {head: 1e-2, body: 1e-3},
		{head: 3e-3, body: 3e-4},
	}
	for _, species := range []string{"gpt", "elmo", "bert"} {
		p := pretrainedReviews(species, seed, 1, map[string]any{"steps": 1, "warmup": 0})
		r, err := env.Store.Pretrained(context.Background(), env, p)
		require.NoError(t, err)
		for _, of := range []struct {
			labels, draws int
			steps         []int
		}{
			{50, 8, []int{100, 300}}, {1000, 2, []int{600, 1200}},
		} {
			var all []contender
			for _, n := range of.steps {
				for _, rate := range rates {
					rate.steps = n
					all = append(all, contender{
						name: fmt.Sprint(species, rate), run: r, random: true, pool: task.Mean,
						recipe: func(int) recipe { return rate },
					})
				}
			}
			acc, err := fits(context.Background(), env, all, w, dev, of.labels, of.draws, seed)
			require.NoError(t, err)
			for i, c := range all {
				m, low, high := eval.Mean(acc[i])
				fmt.Printf("%-28s %5d labels  %.3f ±%.3f\n", c.name, of.labels, m, (high-low)/2)
			}
		}
	}
}
