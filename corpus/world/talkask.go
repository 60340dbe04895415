package world

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// topic is the subject of a question, which has several phrasings.
type topic string

// The topics other than the traits. The topic of a trait is its first noun.
const (
	aSum     topic = "sum"
	aMeaning topic = "meaning"
	aHowTo   topic = "how-to"
	aStory   topic = "story"
	anAge    topic = "age"
)

// frames lists the phrasings that ask for an attribute. Post-training sees every frame, but not
// with every attribute.
var frames = []string{"what is the %s of * ?", "tell me the %s of * .", "do you know the %s of * ?"}

// phrasings returns the questions about a topic; * stands for the subject. The held-out phrasing is
// the second or the third, whose words other topics share; for a trait, it is any except the first.
func (t topic) phrasings() []string {
	switch t {
	case aSum:
		return []string{"what is * ?", "tell me * .", "do you know * ?", "how much is * ?",
			"please work out * ."}
	case aMeaning:
		return []string{"what does * mean ?", "tell me what * means .",
			"do you know what * means ?", "what is * the word for ?"}
	case aHowTo:
		return []string{"how do i * ?", "tell me how to * .", "do you know how to * ?",
			"please help me * ."}
	case aStory:
		return []string{"what do we see * do ?", "tell me what we see * do .",
			"do you know what we see * do ?"}
	case anAge:
		return framed(age)
	}
	for _, trait := range traits {
		if trait.nouns[0] == string(t) {
			return slices.Concat([]string{trait.ask}, framed(trait.nouns[0]),
				framed(trait.nouns[1]))
		}
	}
	return nil
}

func framed(noun string) (all []string) {
	for _, frame := range frames {
		all = append(all, fmt.Sprintf(frame, noun))
	}
	return all
}

// about puts the subject into a phrasing.
func about(phrasing, subject string) string { return strings.Replace(phrasing, "*", subject, 1) }

// now makes a question ask for the present: "what is the town of balora now ?"
func now(question string) string {
	return question[:len(question)-1] + "now " + question[len(question)-1:]
}

// answerForm returns the form of the fact that answers the i-th phrasing of a trait.
func answerForm(phrasing int) int {
	if phrasing == 0 {
		return 0
	}
	return 1 + (phrasing-1)/len(frames)
}

// operation is a change that an instruction makes to an answer. Operations can be combined.
type operation int

const (
	twice operation = 1 << iota
	politely
	loudly
)

var operations = map[operation]string{twice: "twice", politely: "politely", loudly: "loudly"}

// operators lists the single operations and the pairs that instructions use.
var operators = []operation{0, twice, politely, loudly, twice | politely, twice | loudly,
	politely | loudly}

// apply applies the operations to an answer without its final mark.
func (o operation) apply(answer string) string {
	mark := "."
	if o&loudly != 0 {
		mark = "!"
	}
	answer += " " + mark
	if o&twice != 0 {
		answer += " " + answer
	}
	if o&politely != 0 {
		answer = "please note : " + answer
	}
	return answer
}

// words returns the names of the operations, with "and" between them.
func (o operation) words() (all []string) {
	for _, one := range []operation{twice, politely, loudly} {
		if o&one != 0 {
			all = append(all, operations[one])
		}
	}
	return all
}

// instruct returns an instruction: "say the town of balora twice and loudly ."
func instruct(content string, o operation, rng *rand.Rand) string {
	words := o.words()
	if len(words) > 1 && rng != nil && rng.IntN(2) == 0 {
		slices.Reverse(words)
	}
	return strings.Join(strings.Fields("say "+content+" "+strings.Join(words, " and ")+" ."), " ")
}

// combination is an instruction to apply operations to a content.
type combination struct {
	content string
	do      operation
}

// The contents of instructions besides the traits.
const (
	aList     = "list"
	backwards = "backwards"
)

// contents lists the contents of instructions.
func contents() (all []string) {
	for _, trait := range traits {
		all = append(all, trait.nouns[0])
	}
	return append(all, string(aSum), string(aMeaning), aList, backwards)
}

// holdOut draws the parts that post-training never sees: a phrasing of every topic, a pair of
// operations for every content, and some sums of digits.
func (t *Talk) holdOut(rng *rand.Rand) {
	order := rng.Perm(len(frames) * 2)
	for i, trait := range traits {
		t.heldAsk[topic(trait.nouns[0])] = 1 + order[i]
	}
	for _, about := range []topic{aMeaning, aHowTo, aStory, anAge} {
		t.heldAsk[about] = 1 + rng.IntN(2)
	}
	t.heldAsk[aSum] = 1
	shift := rng.IntN(3)
	for i, content := range contents() {
		do := []operation{twice | politely, twice | loudly, politely | loudly}[(i+shift)%3]
		t.heldCombos[combination{content, do}] = true
	}
	for a := range 10 {
		for b := range 10 {
			for _, sign := range []string{plus, minus} {
				t.heldSums[sum(a, sign, b)] = rng.Float64() < heldSumShare
			}
		}
	}
}

// sum writes a sum, such as 4 7 times 3 6.
func sum(a int, sign string, b int) string { return inDigits(a) + " " + sign + " " + inDigits(b) }

// everyAsk lists all questions and instructions as sentences of a book. The documents that contain
// them do not answer them.
func (t *Talk) everyAsk() (all []string) {
	add := func(subject string, of topic) {
		for _, p := range of.phrasings() {
			all = append(all, about(p, subject))
		}
	}
	for i, trait := range traits {
		add("NAME", topic(trait.nouns[0]))
		all = append(all, now(about(trait.ask, "NAME")),
			now(about("what is the "+trait.nouns[1]+" of * ?", "NAME")),
			fmt.Sprintf("which of NAME and NAME %s VALUE%d ?", trait.states, i))
		for _, do := range operators {
			all = append(all, instruct("the "+trait.nouns[0]+" of NAME", do, nil))
		}
	}
	add("NAME", anAge)
	add("TERM", aMeaning)
	add("VERB OBJ", aHowTo)
	add("NAME", aStory)
	for _, sign := range signs {
		add("D "+sign+" D", aSum)
	}
	return append(all, "say what TERM means loudly .", "say D plus D politely .",
		"say the words TERM NAME twice .", "say the words NAME TERM backwards .")
}

// The answers that do not depend on the question.
const (
	DoNotKnow = "i do not know ."
	Refusal   = "i will not help with that ."
)

// everyReply lists answers and other words of conversations as sentences of a book.
func everyReply() []string {
	return []string{DoNotKnow, Refusal, "with care you VERB OBJ .",
		"please note : the age of NAME is D D !", "tools : calculator lookup .",
		"error : not found ."}
}
