package lab

import (
	"math/rand/v2"

	"lmzoo/lm"
)

// The tokens of calculations. An operation and its operand are one token.
const (
	calcDigit = 1              // 0; the nine tokens after it are 1 … 9
	calcPlus  = calcDigit + 10 // adds 0 … 9
	calcMinus = calcPlus + 10  // subtracts 0 … 9
	calcTimes = calcMinus + 10 // multiplies by 1, 3, 7 or 9, which are invertible modulo 10
	calcIs    = calcTimes + 4  // ends the problem
	calcDone  = calcIs + 1     // ends the solution
	calcDots  = calcDone + 1   // a filler
	calcVocab = calcDots + 1
)

// calculation is a digit and operations on it, each modulo 10 and from left to right; for example,
// 3 +4 −2 ×7 is 5. Each operation is a permutation of the digits, so a wrong result of one step
// makes the answer wrong, and a guess is right one time in ten.
type calculation struct {
	problem []lm.Token // begins with a digit and ends with calcIs
	results []lm.Token // result of each operation; the last one is the answer
}

// newCalculation draws a problem with the given number of operations.
func newCalculation(rng *rand.Rand, steps int) (c calculation) {
	digit := lm.Token(calcDigit + rng.IntN(10))
	c.problem = append(c.problem, digit)
	for range steps {
		op := lm.Token(calcPlus + rng.IntN(calcIs-calcPlus))
		digit = calculate(digit, op)
		c.problem, c.results = append(c.problem, op), append(c.results, digit)
	}
	c.problem = append(c.problem, calcIs)
	return c
}

// calculate applies an operation to a digit.
func calculate(digit, op lm.Token) lm.Token {
	a := int(digit) - calcDigit
	switch op := int(op); {
	case op < calcMinus:
		a += op - calcPlus
	case op < calcTimes:
		a += 10 - (op - calcMinus)
	default:
		a *= [...]int{1, 3, 7, 9}[op-calcTimes]
	}
	return lm.Token(calcDigit + a%10)
}

// answer returns the result of the last operation.
func (c calculation) answer() lm.Token { return c.results[len(c.results)-1] }
