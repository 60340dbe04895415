package world

import "lmzoo/corpus"

// slot is the grammatical position of the next word in a review.
type slot uint8

const (
	atKind slot = iota
	atSubject
	atColon
	atSentence // an adverb, a noun, or the end
	atNoun
	atVerb
	atModifier // not, very, or an adjective
	atAdjective
	atConnective // and, but, or a full stop
	atEnd
)

// form is how the clauses of a sentence are joined.
type form uint8

const (
	oneClause form = iota
	andClause      // both clauses have the polarity of the sentence
	butClause      // the first clause has the opposite polarity
)

// draft is the hidden state of a review while it is written.
type draft struct {
	slot     slot
	note     bool
	domain   Domain
	label    Sentiment
	sentence uint8 // finished sentences

	// the current sentence
	polarity   Sentiment
	form       form
	second     bool // in the second clause
	negated    bool // "not" was written
	adjectives uint8
}

// The probabilities of the grammar. Notes are plain, so that a model learns from them which words
// are positive; reviews obscure it with "but", "not" and flip words.
const (
	pReview = .5 // share of reviews in the unlabelled corpus

	pProduct             = .75      // a product as the subject; otherwise a neutral word
	pHomonym, pPlainNoun = .30, .25 // otherwise a noun of the domain
	pPlainVerb           = .70      // otherwise a verb of the domain
	pFlip, pGeneral      = .20, .20 // otherwise an adjective of the domain and polarity

	pNot, pVery                 = .15, .15 // a note has no "not"
	pAnd, pBut                  = .3, .3   // otherwise one clause
	oneAdjective, twoAdjectives = .25, .4  // in a sentence of a note; otherwise three
	pReviewAdverb, pNoteAdverb  = .1, .4   // at the beginning of a sentence
	pReviewKeep, pNoteKeep      = .90, .95 // of a sentence with the polarity of the whole

	// sentences is the number of sentences in a document. An odd number would be hard to learn for
	// a reason unrelated to language: a classifier that averages over words misjudges a document in
	// which two short sentences outvote a long one. With an even number, no classifier can decide a
	// vote of 2 to 2.
	sentences = 4

	zipfAdjectives = 1.0 // exponent
)

// vocabulary holds the distributions of words that the hidden state selects.
type vocabulary struct {
	subjects, nouns, verbs [domains]dist
	adjectives             [domains][2]dist
	adverbs                [2]dist
}

func (l *lexicon) vocabulary() *vocabulary {
	v := &vocabulary{}
	for d := range domains {
		v.subjects[d] = mixture(part{pProduct, uniform(l.products[d])},
			part{1 - pProduct, uniform(l.subjects)})
		v.nouns[d] = mixture(part{pHomonym, uniform(l.homonyms)},
			part{pPlainNoun, uniform(l.plainNouns)},
			part{1 - pHomonym - pPlainNoun, uniform(l.nouns[d])},
		)
		v.verbs[d] = mixture(part{pPlainVerb, uniform(l.plainVerb)},
			part{1 - pPlainVerb, uniform(l.verbs[d])})
		for s := range Sentiment(2) {
			good := d // the domain in which the flip word has polarity s
			if s == Negative {
				good = 1 - d
			}
			v.adjectives[d][s] = mixture(part{pFlip, uniform(l.flips[good])},
				part{pGeneral, zipf(l.general[s], zipfAdjectives)},
				part{1 - pFlip - pGeneral, zipf(l.adjectives[d][s], zipfAdjectives)},
			)
		}
	}
	for s := range Sentiment(2) {
		v.adverbs[s] = uniform(l.adverbs[s])
	}
	return v
}

// part is a component of a mixture.
type part struct {
	p float64
	d dist
}

func mixture(parts ...part) dist {
	var all []Choice
	for _, m := range parts {
		for _, c := range m.d.choices {
			all = append(all, Choice{c.Word, m.p * c.P})
		}
	}
	return newDist(all)
}

// moves lists the words that may come next and the state after each word.
func (v *vocabulary) moves(d draft) (all []move[draft]) {
	say := func(word string, p float64, to draft) { all = append(all, move[draft]{word, p, to}) }
	draw := func(words dist, p float64, to draft) {
		for _, c := range words.choices {
			say(c.Word, p*c.P, to)
		}
	}
	switch d.slot {
	case atKind:
		d.slot = atSubject
		say("review", pReview, d)
		d.note = true
		say("note", 1-pReview, d)
	case atSubject:
		d.slot = atColon
		draw(v.subjects[d.domain], 1, d)
	case atColon:
		d.slot = atSentence
		say(":", 1, d)
	case atSentence:
		if d.sentence == sentences {
			say(End, 1, draft{slot: atEnd, note: d.note, domain: d.domain, label: d.label})
			break
		}
		for _, s := range d.plans() {
			s.to.slot = atNoun
			draw(v.adverbs[s.to.clause()], s.p*d.adverb(), s.to)
			s.to.slot = atVerb
			draw(v.nouns[d.domain], s.p*(1-d.adverb()), s.to)
		}
	case atNoun:
		d.slot = atVerb
		draw(v.nouns[d.domain], 1, d)
	case atVerb:
		d.slot = atModifier
		draw(v.verbs[d.domain], 1, d)
	case atModifier:
		rest := 1 - pVery
		d.slot = atAdjective
		say("very", pVery, d)
		if !d.note {
			rest -= pNot
			not := d
			not.negated = true
			say("not", pNot, not)
		}
		draw(v.adjectives[d.domain][d.clause()], rest, d.described())
	case atAdjective:
		draw(v.adjectives[d.domain][d.adjective()], 1, d.described())
	case atConnective:
		v.connect(d, say)
	}
	return all
}

// connect ends a clause.
func (v *vocabulary) connect(d draft, say func(string, float64, draft)) {
	stop := 1.0
	goesOn := d
	switch {
	case d.note:
		stop = [...]float64{oneAdjective, twoAdjectives / (1 - oneAdjective), 1}[d.adjectives-1]
		goesOn.slot = atModifier
	case !d.second && d.form != oneClause:
		stop = 0
		goesOn.slot, goesOn.second, goesOn.adjectives = atNoun, true, 0
	}
	if stop > 0 {
		say(".", stop, draft{slot: atSentence, note: d.note, domain: d.domain, label: d.label,
			sentence: d.sentence + 1})
	}
	if word := "and"; stop < 1 {
		if d.form == butClause {
			word = "but"
		}
		say(word, 1-stop, goesOn)
	}
}

// plan is a way to begin a sentence, and its probability.
type plan struct {
	p  float64
	to draft
}

// plans lists the possible hidden decisions before a sentence.
func (d draft) plans() (all []plan) {
	keep := pReviewKeep
	forms := []float64{1 - pAnd - pBut, pAnd, pBut}
	if d.note {
		keep, forms = pNoteKeep, []float64{1}
	}
	for s := range Sentiment(2) {
		p := keep
		if s != d.label {
			p = 1 - keep
		}
		for f, q := range forms {
			to := d
			to.polarity, to.form = s, form(f)
			all = append(all, plan{p * q, to})
		}
	}
	return all
}

// clause returns the polarity of the current clause.
func (d draft) clause() Sentiment {
	if d.form == butClause && !d.second {
		return 1 - d.polarity
	}
	return d.polarity
}

// adjective returns the polarity of the next adjective: "not" reverses it.
func (d draft) adjective() Sentiment {
	if d.negated {
		return 1 - d.clause()
	}
	return d.clause()
}

// described returns the state after an adjective.
func (d draft) described() draft {
	d.slot, d.negated = atConnective, false
	d.adjectives++
	if !d.note {
		d.adjectives = 0
	}
	return d
}

func (d draft) adverb() float64 {
	if d.note {
		return pNoteAdverb
	}
	return pReviewAdverb
}

// class returns the knowledge that the next word needs: only ":" and the end after the last
// sentence follow from the preceding words, and "review", "note" and the connectives depend on no
// topic.
func (d draft) class() corpus.Class {
	switch d.slot {
	case atColon:
		return corpus.Local
	case atKind, atConnective:
		return corpus.Choice
	}
	return corpus.Long
}
