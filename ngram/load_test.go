package ngram

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
)

// TestLoadedFileCutShort checks that a loaded model still works after its file has been truncated,
// which would kill a process that had mapped the file.
func TestLoadedFileCutShort(t *testing.T) {
	m, _, err := Train([][]lm.Token{{1, 2, 3, 1, 2, 3, 0}}, Config{Order: 3, Vocab: 4})
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "model.ngram")
	f, err := os.Create(path)
	require.NoError(t, err)
	require.NoError(t, m.Save(f))
	require.NoError(t, f.Close())
	loaded, err := Load(path)
	require.NoError(t, err)
	require.NoError(t, os.Truncate(path, 0))
	context := []lm.Token{1, 2}
	require.Equal(t, m.NextLogProbs(nil, context), loaded.NextLogProbs(nil, context))
	require.NoError(t, loaded.Verify())
	require.NoError(t, loaded.Close())

	_, err = Load(path)
	require.Error(t, err)
	require.NoError(t, os.WriteFile(path, []byte(magic+"and then nothing"), 0o666))
	_, err = Load(path)
	require.Error(t, err)
}
