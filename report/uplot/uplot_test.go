package uplot

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPinned: the files of the library equal those in dist/ and LICENSE of npm's uplot-1.6.32.tgz,
// bit for bit.
func TestPinned(t *testing.T) {
	for _, file := range []struct{ text, sha256 string }{
		{Script, "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f"},
		{Style, "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04"},
		{License, "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd"},
	} {
		sum := sha256.Sum256([]byte(file.text))
		require.Equal(t, file.sha256, hex.EncodeToString(sum[:]), "%.60q", file.text)
	}
	require.Contains(t, Script[:100], "v"+Version)
	require.Contains(t, License, "MIT")
}
