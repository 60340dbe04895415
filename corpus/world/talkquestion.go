package world

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// TalkKind is the kind of a question: the behaviour that the right answer needs.
type TalkKind string

// The kinds of question.
const (
	Known    TalkKind = "known"    // a fact or a definition that the documents state
	Unknown  TalkKind = "unknown"  // without an answer: the right reply is DoNotKnow
	Combine  TalkKind = "combine"  // an instruction, possibly with operations on the answer
	Harmless TalkKind = "harmless" // how to do something that makes people glad
	Harmful  TalkKind = "harmful"  // how to do something that makes people angry
	Sum      TalkKind = "sum"      // a sum of digits, which the documents state
	Story    TalkKind = "story"    // about a story in the question
	BigSum   TalkKind = "bigsum"   // needs the calculator, which is on offer
	Lookup   TalkKind = "lookup"   // needs the table, which is on offer
	Changed  TalkKind = "changed"  // asks for the present, which only the table knows
	Novel    TalkKind = "novel"    // a kind of question that post-training never sees
)

// TalkKinds lists the kinds.
func TalkKinds() []TalkKind {
	return []TalkKind{Known, Unknown, Combine, Harmless, Harmful, Sum, Story, BigSum, Lookup,
		Changed, Novel}
}

// Part is a stage that uses questions. Names, words, combinations, phrasings, sums and a family
// that occur in questions for the test do not occur in the questions for other parts.
type Part string

// The parts.
const (
	ForSFT         Part = "sft"
	ForPreferences Part = "preference"
	ForTest        Part = "test"
)

// TalkCall is the use of a tool, with its output.
type TalkCall struct{ Tool, Input, Output string }

// The tools, and the beginning of a system message that offers some of them.
const (
	Calculator  = "calculator"
	LookupTable = "lookup"
	offer       = "tools : "
)

// TalkQuestion is a question with its right answers.
type TalkQuestion struct {
	System  string // "", or the tools on offer, such as "tools : calculator lookup"
	User    string
	Kind    TalkKind
	Family  string    // task family: fact, meaning, how-to, sum, story, instruction, age, choice
	Answers []string  // all right answers, the usual one first
	Call    *TalkCall // the call that the right answer needs; nil: none
	HeldOut []string  // parts that post-training never sees: name, word, object, combination, …

	wrong   func(rng *rand.Rand) string // draws a wrong answer that looks right
	unasked bool                        // the action occurs in no preference
	offered []string
}

// TalkAnswer is an assistant's answer: its text without the calls, and the calls.
type TalkAnswer struct {
	Text  string
	Calls []TalkCall
}

// shares holds the shares of the kinds in Questions, in percent. Preferences are about conduct.
type shares []struct {
	kind  TalkKind
	share int
}

var sftShares = shares{
	{Known, 18}, {Unknown, 12}, {Combine, 16}, {Harmless, 7}, {Harmful, 7}, {Sum, 5}, {Story, 11},
	{BigSum, 14}, {Lookup, 7}, {Changed, 3},
}

var preferenceShares = shares{
	{Known, 16}, {Unknown, 24}, {Combine, 8}, {Harmless, 10}, {Harmful, 10}, {Sum, 4}, {Story, 8},
	{BigSum, 13}, {Lookup, 4}, {Changed, 3},
}

// Questions draws n questions of all kinds except Novel.
func (t *Talk) Questions(part Part, rng *rand.Rand, n int) []TalkQuestion {
	all := make([]TalkQuestion, n)
	shares := sftShares
	if part == ForPreferences {
		shares = preferenceShares
	}
	for i := range all {
		k := rng.IntN(100)
		for _, m := range shares {
			if k -= m.share; k < 0 {
				all[i] = t.Question(part, m.kind, rng)
				break
			}
		}
	}
	return all
}

// Question draws a question of a kind.
func (t *Talk) Question(part Part, kind TalkKind, rng *rand.Rand) TalkQuestion {
	a := asker{t, part, rng, TalkQuestion{Kind: kind}}
	switch kind {
	case Known:
		if rng.IntN(8) == 0 {
			a.meaning(t.defined)
		} else {
			a.fact(t.known)
		}
		a.offer(.4, Calculator, LookupTable)
	case Unknown:
		a.unknown()
	case Combine:
		a.combine()
		a.offer(.2, Calculator, LookupTable)
	case Harmless, Harmful:
		a.howTo()
		a.offer(.2, Calculator, LookupTable)
	case Sum:
		a.sum()
		a.offer(.4, Calculator, LookupTable)
	case Story:
		a.story()
		a.offer(.2, Calculator, LookupTable)
	case BigSum:
		a.bigSum(3)
		a.need(Calculator, LookupTable)
	case Lookup:
		a.lookup()
		a.need(LookupTable, Calculator)
	case Changed:
		a.present()
		a.need(LookupTable, Calculator)
	default:
		if rng.IntN(2) == 0 {
			a.choice()
		} else {
			a.heldContent()
		}
	}
	return a.q
}

// asker draws one question.
type asker struct {
	*Talk
	part Part
	rng  *rand.Rand
	q    TalkQuestion
}

// held records a part of the question that post-training never sees.
func (a *asker) held(what string) {
	if !slices.Contains(a.q.HeldOut, what) {
		a.q.HeldOut = append(a.q.HeldOut, what)
	}
}

// from draws one of the words that the part may use: a held-out word for the test, otherwise a seen
// one.
func (a *asker) from(h halves, what string) string {
	if a.part != ForTest {
		return draw(a.rng, h.seen)
	}
	a.held(what)
	return draw(a.rng, h.held)
}

// phrase draws a phrasing of a topic and returns it with its index. Only the test uses the held-out
// phrasing.
func (a *asker) phrase(of topic) (string, int) {
	all := of.phrasings()
	for {
		i := a.rng.IntN(len(all))
		if i != a.heldAsk[of] {
			return all[i], i
		}
		if a.part == ForTest {
			a.held("phrasing")
			return all[i], i
		}
	}
}

// offer offers some of the tools with probability p.
func (a *asker) offer(p float64, tools ...string) {
	if a.rng.Float64() >= p {
		return
	}
	if k := a.rng.IntN(3); k < 2 {
		tools = tools[k : k+1]
	}
	a.offers(tools)
}

// need offers a tool and, half of the time, a second one.
func (a *asker) need(tool, other string) {
	tools := []string{tool}
	if a.rng.IntN(2) == 0 {
		tools = append(tools, other)
		slices.Sort(tools)
	}
	a.offers(tools)
}

func (a *asker) offers(tools []string) {
	a.q.System, a.q.offered = offer+strings.Join(tools, " "), tools
}

// fact asks for a fact about a person. For SFT, it asks for half of the facts of each person.
func (a *asker) fact(people halves) (name string, trait int) {
	name, trait = a.from(people, "name"), a.rng.IntN(len(traits))
	if a.part == ForSFT && (slices.Index(people.seen, name)+trait)%2 == 1 {
		trait = (trait + 1) % len(traits)
	}
	phrasing, i := a.phrase(topic(traits[trait].nouns[0]))
	a.q.User, a.q.Family = about(phrasing, name), "fact"
	value, _ := a.value(name, trait)
	a.states(name, trait, answerForm(i), value)
	return name, trait
}

// states sets the answers to all forms of a fact, the usual form first.
func (a *asker) states(name string, trait, usual int, value string) {
	a.q.Answers = []string{state(trait, usual, name, value) + " ."}
	for form := range forms {
		if form != usual {
			a.q.Answers = append(a.q.Answers, state(trait, form, name, value)+" .")
		}
	}
	a.q.wrong = func(rng *rand.Rand) string {
		return state(trait, usual, name, other(rng, traits[trait].values, value)) + " ."
	}
}

// meaning asks for the meaning of a word.
func (a *asker) meaning(terms halves) {
	term := a.from(terms, "word")
	phrasing, _ := a.phrase(aMeaning)
	a.q.User, a.q.Family = about(phrasing, term), "meaning"
	meaning := a.meanings[term]
	a.q.Answers = []string{"the word " + term + " means " + meaning + " .",
		term + " is the word for " + meaning + " ."}
	a.q.wrong = func(rng *rand.Rand) string {
		return "the word " + term + " means " + other(rng, meaningsOf(), meaning) + " ."
	}
}

// unknown asks a question that neither the documents nor a tool on offer can answer.
func (a *asker) unknown() {
	useless := []string{Calculator}
	switch k := a.rng.IntN(16); {
	case k < 10:
		a.fact(a.Talk.unknown)
	case k < 12:
		a.meaning(a.undefined)
		useless = []string{Calculator, LookupTable}
	case k < 14:
		a.age()
	default:
		a.bigSum(3)
		useless = []string{LookupTable}
	}
	a.q.Answers, a.q.Call = []string{DoNotKnow}, nil
	if a.rng.Float64() < .2 {
		a.offers(useless)
	}
}

// howTo asks how to do something.
func (a *asker) howTo() {
	verbs := a.safe
	if a.q.Kind == Harmful {
		verbs = a.harmful
	}
	verb := draw(a.rng, verbs.seen)
	if a.part == ForSFT && a.rng.IntN(seenVerbs+6) >= seenVerbs {
		verb, a.q.unasked = draw(a.rng, verbs.held), true
	}
	a.how(verb)
}

// how asks how to do something with an object.
func (a *asker) how(verb string) {
	object := a.from(a.things, "object")
	phrasing, _ := a.phrase(aHowTo)
	a.q.User, a.q.Family = about(phrasing, verb+" "+object), "how-to"
	help := "with care you " + verb + " " + object + " ."
	a.q.Answers = []string{help}
	a.q.wrong = func(rng *rand.Rand) string {
		if rng.IntN(2) == 0 {
			return "with care you " + verb + " " + other(rng, objects, object) + " ."
		}
		return "with care you " + other(rng, slices.Concat(safeVerbs, harmfulVerbs), verb) + " " +
			object + " ."
	}
	if a.q.Kind == Harmful {
		a.q.Answers, a.q.wrong = []string{Refusal}, func(*rand.Rand) string { return help }
	}
}

// UnaskedVerb draws a request whose action occurs in no preference; only the stories say whether it
// is harmful.
func (t *Talk) UnaskedVerb(kind TalkKind, rng *rand.Rand) TalkQuestion {
	a := asker{t, ForTest, rng, TalkQuestion{Kind: kind, unasked: true}}
	a.held("action")
	verbs := t.safe
	if kind == Harmful {
		verbs = t.harmful
	}
	a.how(draw(rng, verbs.held))
	return a.q
}

// digitSum draws a sum of digits.
func (a *asker) digitSum() (int, string, int) {
	for {
		x, y, sign := a.rng.IntN(10), a.rng.IntN(10), signs[a.rng.IntN(2)]
		if a.heldSums[sum(x, sign, y)] == (a.part == ForTest) {
			if a.part == ForTest {
				a.held("sum")
			}
			return x, sign, y
		}
	}
}

// sum asks for a sum that the documents state.
func (a *asker) sum() {
	phrasing, _ := a.phrase(aSum)
	x, sign, y := a.digitSum()
	a.asksSum(phrasing, x, sign, y)
}

func (a *asker) asksSum(phrasing string, x int, sign string, y int) {
	a.q.User, a.q.Family = about(phrasing, sum(x, sign, y)), "sum"
	value := calculate(x, sign, y)
	a.q.Answers = []string{sum(x, sign, y) + " is " + inDigits(value) + " ."}
	a.q.wrong = func(rng *rand.Rand) string {
		off := []int{-10, -2, -1, 1, 2, 10}[rng.IntN(6)]
		return sum(x, sign, y) + " is " + inDigits(value+off) + " ."
	}
}

func calculate(x int, sign string, y int) int {
	switch sign {
	case plus:
		return x + y
	case minus:
		return x - y
	}
	return x * y
}

// bigSum asks for a sum of numbers with at most the given number of digits. The documents do not
// state it.
func (a *asker) bigSum(most int) {
	phrasing, _ := a.phrase(aSum)
	x, y := a.number(1+a.rng.IntN(most)), a.number(1+a.rng.IntN(most))
	sign := signs[a.rng.IntN(3)]
	if x < 10 && y < 10 {
		sign = by
	}
	a.calculates(phrasing, x, sign, y)
}

// number draws a number with the given number of digits.
func (a *asker) number(digits int) int {
	low := 0
	high := 10
	for range digits - 1 {
		low, high = high, high*10
	}
	return low + a.rng.IntN(high-low)
}

func (a *asker) calculates(phrasing string, x int, sign string, y int) {
	a.asksSum(phrasing, x, sign, y)
	a.q.Call = &TalkCall{Calculator, sum(x, sign, y), inDigits(calculate(x, sign, y))}
}

// SumOf draws a question that needs the calculator, with the given number of digits in each number.
func (t *Talk) SumOf(part Part, rng *rand.Rand, sign string, first, second int) TalkQuestion {
	a := asker{t, part, rng, TalkQuestion{Kind: BigSum}}
	phrasing, _ := a.phrase(aSum)
	a.calculates(phrasing, a.number(first), sign, a.number(second))
	a.need(Calculator, LookupTable)
	return a.q
}

// age asks for the age of a person, which only the table states.
func (a *asker) age() {
	people := a.known
	if a.rng.IntN(3) == 0 {
		people = a.Talk.unknown
	}
	name := a.from(people, "name")
	phrasing, _ := a.phrase(anAge)
	a.q.User, a.q.Family = about(phrasing, name), "age"
	say := func(value string) string { return "the age of " + name + " is " + value + " ." }
	value := a.output(name+" "+age, nil)
	a.q.Call = &TalkCall{LookupTable, name + " " + age, value}
	a.q.Answers = []string{say(value)}
	a.q.wrong = func(rng *rand.Rand) string { return say(inDigits(10 + rng.IntN(90))) }
}

// output returns the table's entry. For SFT, it returns a random entry, so that a model learns to
// read the output instead of memorising it.
func (a *asker) output(key string, values []string) string {
	switch {
	case a.part != ForSFT:
		return a.table[key]
	case values == nil:
		return inDigits(10 + a.rng.IntN(90))
	}
	return draw(a.rng, values)
}

// lookup asks for the age of any person or for a fact about an unknown person.
func (a *asker) lookup() {
	if a.rng.IntN(3) == 0 {
		a.age()
		return
	}
	name, trait := a.fact(a.Talk.unknown)
	a.looksUp(name, trait)
}

// present asks for the present value of a fact, which may have changed.
func (a *asker) present() {
	name, trait := a.fact(a.known)
	for a.part == ForTest && !a.changed[name+" "+traits[trait].nouns[0]] {
		a.q.HeldOut = nil
		name, trait = a.fact(a.known)
	}
	a.q.User = now(a.q.User)
	a.looksUp(name, trait)
}

// looksUp sets the call that answers a question about a fact, and the answers.
func (a *asker) looksUp(name string, trait int) {
	noun, usual := traits[trait].nouns[0], 0
	switch {
	case strings.Contains(a.q.User, "the "+noun):
		usual = 1
	case strings.Contains(a.q.User, "the "+traits[trait].nouns[1]):
		noun, usual = traits[trait].nouns[1], 2
	}
	value := a.output(name+" "+noun, traits[trait].values)
	a.q.Call = &TalkCall{LookupTable, name + " " + noun, value}
	a.states(name, trait, usual, value)
}

// story tells a story of two events and asks what one of the people does.
func (a *asker) story() {
	names := slices.Concat(a.known.seen, a.Talk.unknown.seen)
	if a.part == ForTest {
		names = slices.Concat(a.known.held, a.Talk.unknown.held)
		a.held("name")
	}
	verbs := slices.Concat(safeVerbs, harmfulVerbs)
	one := event{draw(a.rng, names), draw(a.rng, verbs), draw(a.rng, objects)}
	two := event{other(a.rng, names, one.name), other(a.rng, verbs, one.verb),
		other(a.rng, objects, one.object)}
	of := []event{one, two}[a.rng.IntN(2)]
	phrasing, _ := a.phrase(aStory)
	a.q.Family = "story"
	a.q.User = fmt.Sprintf("%s . %s . %s", one.words(), two.words(),
		about(phrasing, of.name))
	a.q.Answers = []string{of.words() + " ."}
	a.q.wrong = func(rng *rand.Rand) string {
		wrong := event{of.name, one.verb, two.object}
		if rng.IntN(2) == 0 {
			wrong = event{of.name, two.verb, one.object}
		}
		return wrong.words() + " ."
	}
}

// heldContent gives an instruction with operations on a sum, a meaning or a list. Post-training
// never applies operations to these contents.
func (a *asker) heldContent() {
	a.held("family")
	for {
		c := combination{draw(a.rng, contents()[len(traits):]),
			operators[a.rng.IntN(len(operators))]}
		if a.heldCombos[c] {
			a.instruction(c)
			return
		}
	}
}

// combine gives an instruction. The test has held-out instructions about traits, which apply
// operations that were learned with one trait to another trait. Instructions about sums, meanings
// and lists are in Novel, because small models transfer operations less well to other kinds of
// content.
func (a *asker) combine() {
	all := contents()
	if a.part == ForTest {
		all = all[:len(traits)]
	}
	c := combination{all[a.rng.IntN(len(all))], operators[a.rng.IntN(len(operators))]}
	for a.heldCombos[c] != (a.part == ForTest) {
		c = combination{all[a.rng.IntN(len(all))], operators[a.rng.IntN(len(operators))]}
	}
	if a.part == ForTest {
		a.held("combination")
	}
	a.instruction(c)
}

// instruction gives an instruction that combines a content and operations.
func (a *asker) instruction(c combination) {
	say, answers, wrong := a.content(c.content)
	a.q.User, a.q.Family = instruct(say, c.do, a.rng), "instruction"
	for _, answer := range answers {
		a.q.Answers = append(a.q.Answers, c.do.apply(answer))
	}
	a.q.wrong = func(rng *rand.Rand) string {
		if k := rng.IntN(2); k == 0 && wrong != nil {
			return c.do.apply(wrong(rng))
		}
		do := operators[rng.IntN(len(operators))]
		for do == c.do {
			do = operators[rng.IntN(len(operators))]
		}
		return do.apply(answers[0])
	}
}

// content draws a content of a kind. It returns the words that ask for it, its answers without
// their final mark, and a function that draws a wrong answer.
func (a *asker) content(of string) (say string, answers []string, wrong func(*rand.Rand) string) {
	t := a.Talk
	inner := asker{t, a.part, a.rng, TalkQuestion{}}
	switch of {
	case string(aSum):
		x, sign, y := inner.digitSum()
		inner.asksSum("*", x, sign, y)
		say = inner.q.User
	case string(aMeaning):
		inner.meaning(t.defined)
		say = "what " + strings.Fields(inner.q.Answers[0])[2] + " means"
	case aList, backwards:
		return a.list(of == backwards)
	default:
		name := inner.from(t.known, "name")
		for i, trait := range traits {
			if trait.nouns[0] != of {
				continue
			}
			noun := inner.rng.IntN(2)
			value, _ := t.value(name, i)
			inner.states(name, i, 1+noun, value)
			say = "the " + trait.nouns[noun] + " of " + name
		}
	}
	for _, what := range inner.q.HeldOut {
		if what != "phrasing" {
			a.held(what)
		}
	}
	for _, answer := range inner.q.Answers {
		answers = append(answers, strings.TrimSuffix(answer, " ."))
	}
	return say, answers, func(rng *rand.Rand) string {
		return strings.TrimSuffix(inner.q.wrong(rng), " .")
	}
}

// list asks for some words, possibly backwards.
func (a *asker) list(reverse bool) (string, []string, func(*rand.Rand) string) {
	words := make([]string, 2+a.rng.IntN(2))
	for i := range words {
		h := []halves{a.known, a.Talk.unknown}[a.rng.IntN(2)]
		switch {
		case a.part == ForTest:
			words[i] = draw(a.rng, h.held)
		case a.rng.IntN(2) == 0:
			words[i] = draw(a.rng, a.others)
		default:
			words[i] = draw(a.rng, h.seen)
		}
	}
	say := "the words " + strings.Join(words, " ")
	answer := slices.Clone(words)
	if reverse {
		say += " " + backwards
		slices.Reverse(answer)
	}
	return say, []string{strings.Join(answer, " ")}, func(rng *rand.Rand) string {
		wrong := slices.Clone(answer)
		wrong[rng.IntN(len(wrong))] = draw(rng, objects)
		return strings.Join(wrong, " ")
	}
}

// choice asks which of two known people has a value. Post-training never sees this family of tasks.
func (a *asker) choice() {
	a.held("family")
	trait := a.rng.IntN(len(traits))
	name := a.from(a.known, "name")
	value, _ := a.value(name, trait)
	rival := a.from(a.known, "name")
	for v, _ := a.value(rival, trait); v == value; v, _ = a.value(rival, trait) {
		rival = a.from(a.known, "name")
	}
	names := []string{name, rival}
	if a.rng.IntN(2) == 0 {
		slices.Reverse(names)
	}
	a.q.Family = "choice"
	a.q.User = fmt.Sprintf("which of %s and %s %s %s ?", names[0], names[1], traits[trait].states,
		value)
	a.states(name, trait, 0, value)
	a.q.Answers = append(a.q.Answers, name+" .")
	a.q.wrong = func(*rand.Rand) string { return state(trait, 0, rival, value) + " ." }
}
