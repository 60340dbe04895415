package refine

import (
	"fmt"
	"net/netip"
	"strings"
)

// masker is the step personal: it replaces data that identify a person with the name of their kind.
// It inspects runs of characters of which such data consist, and verifies check digits where they
// exist, because most numbers are not personal data.
type masker struct{}

func (masker) Name() string { return Personal }

func (masker) Apply(d *Document) {
	text, found := Mask(d.Text)
	if len(found) == 0 {
		return
	}
	counts := map[string]int{}
	for _, f := range found {
		counts[f.Kind]++
	}
	// All kinds are replaced at once; the first event records the change.
	for _, kind := range []string{Email, Phone, IP, Card, Identity} {
		if counts[kind] == 0 {
			continue
		}
		for _, f := range found {
			if f.Kind == kind {
				d.note(kind, fmt.Sprintf("%d in this document", counts[kind]), f.hidden())
				break
			}
		}
	}
	d.replace(text)
}

// The kinds of personal data; the mask of a kind is [KIND].
const (
	Email    = "EMAIL"
	Phone    = "PHONE"
	IP       = "IP"
	Card     = "CARD"
	Identity = "ID"
)

// Found is a piece of personal data.
type Found struct{ Kind, Text string }

// hidden returns the first and the last character, for an account, which must not publish the data.
func (f Found) hidden() string {
	if len(f.Text) < 5 {
		return f.Kind
	}
	return f.Text[:2] + strings.Repeat("*", len(f.Text)-3) + f.Text[len(f.Text)-1:]
}

// Mask replaces e-mail addresses, telephone, card and Chinese identity numbers and public IP
// addresses, and returns the data that it found, in order.
func Mask(text string) (string, []Found) {
	var b strings.Builder
	var found []Found
	done := 0 // number of bytes of text already in b
	for i := 0; i < len(text); {
		begin, end, kind := i, i, ""
		switch c := text[i]; {
		case c == '@':
			begin, end, kind = email(text, done, i)
		case !isHex(c) && c != ':' && c != '+' && c != '(' || !boundary(text, i):
		default:
			end, kind = address6(text, i)
			if kind == "" && (c == '+' || c == '(' || isDigit(c)) {
				end, kind = number(text, i)
			}
		}
		if kind == "" {
			i = max(end, i+1)
			continue
		}
		b.WriteString(text[done:begin])
		b.WriteString("[" + kind + "]")
		found = append(found, Found{kind, text[begin:end]})
		done, i = end, end
	}
	if len(found) == 0 {
		return text, nil
	}
	b.WriteString(text[done:])
	return b.String(), found
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isHex(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

// boundary reports whether a number may begin at i: not inside a word, a number or a path.
func boundary(text string, i int) bool {
	if i == 0 {
		return true
	}
	c := text[i-1]
	return !isDigit(c) && !isLetter(c) && !strings.ContainsRune("._-/+=#$:%@", rune(c))
}

// ends reports whether a number may end at i.
func ends(text string, i int) bool {
	if i >= len(text) {
		return true
	}
	c := text[i]
	next := byte(0)
	if i+1 < len(text) {
		next = text[i+1]
	}
	switch {
	case isDigit(c) || isLetter(c) || c == '_' || c == '%' || c == '@':
		return false
	case c == '.' || c == ',' || c == '-' || c == '/' || c == ':':
		return !isDigit(next)
	}
	return true
}

// email finds the address around the @ at i, which begins at or after from.
func email(text string, from, i int) (begin, end int, kind string) {
	local := func(c byte) bool {
		return isDigit(c) || isLetter(c) || strings.IndexByte("._%+-", c) >= 0
	}
	begin, end = i, i+1
	for begin > from && i-begin < 64 && local(text[begin-1]) {
		begin--
	}
	for begin < i && (text[begin] == '.' || text[begin] == '-' || text[begin] == '%') {
		begin++
	}
	dot := -1
	for end < len(text) && end-i < 255 &&
		(isDigit(text[end]) || isLetter(text[end]) || text[end] == '-' || text[end] == '.') {
		if text[end] == '.' {
			dot = end
		}
		end++
	}
	for end > i+1 && (text[end-1] == '.' || text[end-1] == '-') {
		end--
	}
	if dot >= end {
		dot = strings.LastIndexByte(text[:end], '.')
	}
	top := text[max(dot+1, i+1):end]
	if begin == i || dot <= i+1 || len(top) < 2 || strings.ContainsFunc(top, func(r rune) bool {
		return r < 0x80 && !isLetter(byte(r))
	}) {
		return i, i + 1, ""
	}
	return begin, end, Email
}

// number finds the number that begins at i: digits with single separators.
func number(text string, i int) (end int, kind string) {
	digits, groups, last := make([]byte, 0, 24), 0, byte(0)
	end = i
	for end < len(text) && len(digits) < 24 {
		c := text[end]
		switch {
		case isDigit(c):
			if !isDigit(last) {
				groups++
			}
			digits = append(digits, c)
		case end == i && (c == '+' || c == '('):
		case strings.IndexByte(" -.()", c) >= 0 && (isDigit(last) || last == ')' && c != ')' ||
			last == ' ' && c == '(' || last == '+' && c == '('):
		default:
			goto done
		}
		last = c
		end++
	}
done:
	stop := end // where the next search begins if this is not a number
	for end > i && !isDigit(text[end-1]) {
		end--
	}
	// An identity number may end in X.
	if len(digits) == 17 && groups == 1 && end < len(text) && text[end]|0x20 == 'x' &&
		ends(text, end+1) && chineseID(string(digits)+"X") {
		return end + 1, Identity
	}
	if !ends(text, end) {
		for stop < len(text) && (isDigit(text[stop]) || isLetter(text[stop])) {
			stop++
		}
		return max(stop, i+1), ""
	}
	if len(digits) < 4 {
		return max(end, i+1), ""
	}
	if a, err := netip.ParseAddr(text[i:end]); err == nil {
		if len(digits) == 4 {
			return end, "" // a section or a version, such as 4.1.2.7
		}
		return end, public(a)
	}
	switch d := string(digits); {
	case groups == 1 && len(d) == 18 && chineseID(d):
		return end, Identity
	case isCard(d, groups):
		return end, Card
	case isPhone(text[i:end], d, groups):
		return end, Phone
	}
	// The run may join several numbers, so continue after its first group.
	for stop = i + 1; stop < end && isDigit(text[stop]); stop++ {
	}
	return stop, ""
}

// public returns IP for an address that may identify a person, or "" for an address of a private
// network.
func public(a netip.Addr) string {
	if a.IsGlobalUnicast() && !a.IsPrivate() {
		return IP
	}
	return ""
}

// isCard reports whether digits are a payment card: as many digits as a network with that first
// digit uses, grouped as on printed cards or ungrouped, with a valid check digit.
func isCard(d string, groups int) bool {
	if len(d) < 14 || groups == 2 || groups > 5 {
		return false
	}
	n, network := len(d), false
	switch d[0] {
	case '2', '4', '5': // Mastercard, Visa
		network = n == 16
	case '3': // Diners, American Express, JCB
		network = n <= 16
	case '6': // UnionPay, Discover, Maestro
		network = n >= 16 && n <= 19
	}
	return network && luhn(d)
}

// isPhone reports whether a number is written like a telephone number: with +, with an area code in
// parentheses, as three groups of North America, or as a Chinese mobile or long-distance number.
func isPhone(text, d string, groups int) bool {
	n := len(d)
	switch {
	case text[0] == '+':
		return n >= 8 && n <= 15 && d[0] != '0'
	case text[0] == '(':
		close := strings.IndexByte(text, ')')
		return n >= 9 && n <= 11 && close >= 3 && close <= 5 && groups >= 2
	case groups == 1:
		return n == 11 && d[0] == '1' && d[1] >= '3' // Chinese mobile numbers
	case groups == 3 && n == 11 && d[0] == '1' && d[1] >= '3':
		return matchesGroups(text, 3, 4, 4)
	case groups == 3 && n == 10 && d[0] >= '2':
		return matchesGroups(text, 3, 3, 4)
	case groups == 2 && d[0] == '0' && (n == 11 || n == 12):
		return strings.IndexByte(text, '-') > 0 // 010-12345678, 0755-12345678
	}
	return false
}

// matchesGroups reports whether the digits of a text form groups of these lengths.
func matchesGroups(text string, lengths ...int) bool {
	groups := strings.FieldsFunc(text, func(r rune) bool { return r < '0' || r > '9' })
	if len(groups) != len(lengths) {
		return false
	}
	for i, g := range groups {
		if len(g) != lengths[i] {
			return false
		}
	}
	return true
}

// address6 finds an IPv6 address that begins at i.
func address6(text string, i int) (end int, kind string) {
	colons := 0
	for end = i; end < len(text) && end-i < 45 && (isHex(text[end]) || text[end] == ':'); end++ {
		if text[end] == ':' {
			colons++
		}
	}
	if colons < 2 || !ends(text, end) {
		return max(end, i+1), ""
	}
	a, err := netip.ParseAddr(text[i:end])
	if err != nil {
		return end, ""
	}
	return end, public(a)
}
