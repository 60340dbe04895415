package prompt

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// Calculator is a tool that adds, subtracts and multiplies integers exactly, products first:
//
//	47*36 + 2               1694
//	4 7 times 3 6 plus 2    1 6 9 4
//
// If the digits of a number are separate words, the digits of the answer are too.
type Calculator struct{}

// maxDigits is the maximum number of digits in an input, and therefore in an answer.
const maxDigits = 200

// Name implements Runner.
func (Calculator) Name() string { return "calculator" }

// Run implements Runner.
func (Calculator) Run(_ context.Context, input string) (string, error) {
	var s sum
	if err := s.read(input); err != nil {
		return "", err
	}
	value := s.value()
	if !s.spelled() {
		return value.String(), nil
	}
	digits := strings.Split(new(big.Int).Abs(value).String(), "")
	if value.Sign() < 0 {
		digits = slices.Insert(digits, 0, "minus")
	}
	return strings.Join(digits, " "), nil
}

// sum is an arithmetic expression: numbers with signs between them.
type sum struct {
	numbers  []*big.Int
	between  []byte // the sign after each number except the last
	words    bool   // whether a sign was a word
	spaced   bool   // whether the digits of a number are separate words
	together bool   // whether the digits of a number are one word
}

// spelled reports whether to write the digits of the answer as separate words, as in the input. If
// every number has one digit, it reports whether the signs are words.
func (s *sum) spelled() bool { return !s.together && (s.spaced || s.words) }

// signWords maps words to signs.
var signWords = map[string]byte{
	"plus": '+', "minus": '-', "times": '*',
	"+": '+', "-": '-', "−": '-', "*": '*', "×": '*', "·": '*', "x": '*',
}

// read parses the input. It first splits the input into words, such as "47*36" into 47, * and 36.
func (s *sum) read(input string) error {
	words := splitSigns(input)
	digits, negative := "", false
	end := func() error {
		if digits == "" {
			return errors.New("a number is missing")
		}
		n, _ := new(big.Int).SetString(digits, 10) // only digits
		if negative {
			n.Neg(n)
		}
		s.numbers, digits, negative = append(s.numbers, n), "", false
		return nil
	}
	total := 0
	for _, w := range words {
		sign, isSign := signWords[w]
		switch {
		case isSign && sign == '-' && digits == "" && !negative:
			s.words, negative = s.words || w == "minus", true
		case isSign:
			if err := end(); err != nil {
				return err
			}
			s.words = s.words || len(w) >= len("plus")
			s.between = append(s.between, sign)
		case strings.Trim(w, "0123456789") == "":
			s.spaced = s.spaced || digits != ""
			s.together = s.together || len(w) > 1
			digits += w
			if total += len(w); total > maxDigits {
				return fmt.Errorf("more than %d digits", maxDigits)
			}
		default:
			return fmt.Errorf("%.20q is not a number ; want numbers with plus , minus or times", w)
		}
	}
	return end()
}

// splitSigns returns the words of an input. Every sign, such as *, is a word of its own. A final =
// or ? is dropped.
func splitSigns(input string) []string {
	for _, sign := range []string{"+", "-", "−", "*", "×", "·"} {
		input = strings.ReplaceAll(input, sign, " "+sign+" ")
	}
	words := strings.Fields(strings.ToLower(input))
	for len(words) > 0 && (words[len(words)-1] == "=" || words[len(words)-1] == "?") {
		words = words[:len(words)-1]
	}
	return words
}

// value returns the sum of the products.
func (s *sum) value() *big.Int {
	total, product := new(big.Int), new(big.Int).Set(s.numbers[0])
	for i, sign := range s.between {
		next := new(big.Int).Set(s.numbers[i+1])
		if sign == '*' {
			product.Mul(product, next)
			continue
		}
		total.Add(total, product)
		if product = next; sign == '-' {
			product.Neg(product)
		}
	}
	return total.Add(total, product)
}
