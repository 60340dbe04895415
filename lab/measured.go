package lab

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"lmzoo/format/atomic"
)

// measured returns the number that compute returns for inputs, and stores it, so that an
// interrupted experiment of many short trainings continues where it stopped. inputs holds
// everything that determines the number, as values that JSON can encode.
func (s *Store) measured(inputs []any, compute func() (float64, error)) (float64, error) {
	if s == nil || s.Dir == "" {
		return compute()
	}
	id, err := json.Marshal(inputs)
	if err != nil {
		return 0, fmt.Errorf("the inputs of a measurement: %w", err)
	}
	sum := sha256.Sum256(id)
	path := filepath.Join(s.Dir, "measured", hex.EncodeToString(sum[:8])+".json")
	var x float64
	if data, err := os.ReadFile(path); err == nil && json.Unmarshal(data, &x) == nil {
		return x, nil
	}
	if x, err = compute(); err != nil {
		return 0, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return 0, err
	}
	return x, atomic.WriteFile(path, func(w io.Writer) error {
		return json.NewEncoder(w).Encode(x)
	})
}
