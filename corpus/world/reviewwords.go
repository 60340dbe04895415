package world

// lexicon groups the words of the reviews by the information they carry: words of a domain show the
// subject of a text, polar words the opinion of its writer.
type lexicon struct {
	products, nouns, verbs [domains][]string
	adjectives             [domains][2][]string // by domain and polarity
	flips                  [domains][]string    // good in this domain, bad in the other
	general                [2][]string          // by polarity, in both domains
	adverbs                [2][]string          // by polarity

	homonyms                        []string // nouns of both domains, with a sense in each
	subjects, plainNouns, plainVerb []string // neutral words
}

// newLexicon returns the lists; their order does not matter, because NewReviews shuffles them.
func newLexicon() *lexicon {
	return &lexicon{
		products: [domains][]string{
			Gadget: list("camera drone headset laptop phone printer"),
			Food:   list("bakery bistro buffet cafe diner pizzeria"),
		},
		nouns: [domains][]string{
			Gadget: list("antenna battery button cable charger display firmware hinge keyboard " +
				"lens microphone screen sensor socket speaker"),
			Food: list("bread broth butter cheese curry dessert gravy omelette pasta pastry " +
				"rice salad salmon sauce soup"),
		},
		verbs: [domains][]string{
			Gadget: list("charged connected performed responded ran worked"),
			Food:   list("chewed crumbled lingered melted smelled tasted"),
		},
		adjectives: [domains][2][]string{
			Gadget: {
				list("buggy bulky clunky defective flimsy fragile glitchy grainy laggy noisy " +
					"obsolete overheated pixelated sluggish unstable"),
				list("accurate compatible durable efficient intuitive portable precise reliable " +
					"responsive robust seamless silent sleek speedy sturdy"),
			},
			Food: {
				list("bitter bland burnt greasy lumpy mouldy overcooked rancid rubbery salty " +
					"soggy sour stale undercooked watery"),
				list("aromatic buttery creamy delicious flavourful fragrant juicy moist ripe " +
					"savoury succulent tasty tender wholesome zesty"),
			},
		},
		flips: [domains][]string{
			Gadget: list("cold dry flat hard light small solid thin"),
			Food:   list("fluffy heavy hot rich soft sticky thick warm"),
		},
		general: [2][]string{
			list("awful bad dreadful poor weak"), list("fine good great nice superb"),
		},
		adverbs: [2][]string{list("alas sadly"), list("happily luckily")},
		homonyms: list("apple chip cookie dish jam java kernel menu port raspberry root server " +
			"shell spam wafer"),
		subjects:   list("it that this"),
		plainNouns: list("colour price service size value"),
		plainVerb:  list("looked remained seemed was"),
	}
}
