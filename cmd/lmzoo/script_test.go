package main

import (
	"os"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// exitCode runs a command that must end with a given exit code: exitcode 2 lmzoo train.
func exitCode(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if err != nil {
		code, ok := err.(interface{ ExitCode() int })
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = code.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// flipBit inverts one bit of a file, at a fraction of its length: flipbit FILE 0.5.
func flipBit(ts *testscript.TestScript, _ bool, args []string) {
	data := []byte(ts.ReadFile(args[0]))
	part, err := strconv.ParseFloat(args[1], 64)
	ts.Check(err)
	data[int(part*float64(len(data)-1))] ^= 4
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o666))
}

// truncate truncates a file to a fraction of its length: truncate FILE 0.5.
func truncate(ts *testscript.TestScript, _ bool, args []string) {
	data := []byte(ts.ReadFile(args[0]))
	part, err := strconv.ParseFloat(args[1], 64)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data[:int(part*float64(len(data)))], 0o666))
}

// smaller requires that one file is smaller than another.
func smaller(ts *testscript.TestScript, _ bool, args []string) {
	if a, b := len(ts.ReadFile(args[0])), len(ts.ReadFile(args[1])); a >= b {
		ts.Fatalf("%s has %d bytes, %s %d", args[0], a, args[1], b)
	}
}

// repeat writes a file that repeats the content of another: repeat FROM TO 20.
func repeat(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[2])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(strings.Repeat(ts.ReadFile(args[0]), n)),
		0o666))
}

// widen writes a file of one line that repeats the line of another: widen FROM TO 20.
func widen(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[2])
	ts.Check(err)
	line := strings.TrimSuffix(ts.ReadFile(args[0]), "\n")
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(strings.Repeat(line, n)+"\n"), 0o666))
}
