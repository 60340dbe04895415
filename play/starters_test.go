package play

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/corpus/world"
	"lmzoo/zoo"
)

// TestStarters checks that every starter is the beginning of a held-out document and stops before a
// token of its class that is certain in the world.
func TestStarters(t *testing.T) {
	data := zoo.Data{Corpus: zoo.WorldName}
	split, err := data.Load(t.Context(), zoo.Input{})
	require.NoError(t, err)
	w := world.New(world.DefaultSeed)
	for _, s := range starters {
		found := false
		for _, d := range split.Test {
			if !strings.HasPrefix(d.Text, s.Text+" ") {
				continue
			}
			events, err := w.Trace(d.Text)
			require.NoError(t, err)
			at, i := 0, 0
			for ; at < len(s.Text); i++ {
				at += events[i].Bytes
			}
			require.Equal(t, len(s.Text), at, "%s stops between two words", s.Name)
			require.Equal(t, s.class, events[i].Class, s.Name)
			require.Zero(t, events[i].Nats, s.Name)
			found = true
			break
		}
		require.True(t, found, "%s begins no held-out document: %s", s.Name, s.Text)
		if s.class == corpus.Local || s.class == corpus.Fact {
			continue // phrases that every document repeats, and facts that training must teach
		}
		for _, d := range split.Train {
			require.False(t, strings.HasPrefix(d.Text, s.Text), "%s begins a document to train on",
				s.Name)
		}
	}
}
