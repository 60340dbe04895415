package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTimeLeft(t *testing.T) {
	require.Empty(t, timeLeft(time.Second, 0))
	require.Equal(t, ", 1:30 left", timeLeft(30*time.Second, 0.25))
	require.Equal(t, ", 0:00 left", timeLeft(30*time.Second, 1))
}
