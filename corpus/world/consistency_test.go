package world

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The tests in this file read documents as a reader would, without knowledge of the programs.

var (
	introduction = regexp.MustCompile(`(\w+) (?:is|was) a (\w+) with a (\w+ \w+) \.`)
	answer       = regexp.MustCompile(`who (?:has|had) the (\w+ \w+) \? (\w+) the (\w+) \.`)
	shown        = regexp.MustCompile(`then (\w+) (?:shows|showed) the (\w+ \w+) to (\w+) \.`)
	helped       = regexp.MustCompile(`later the (\w+) (?:helps|helped) the (\w+) with the (\w+ ` +
		`\w+) \.`)
	went = regexp.MustCompile(`then (\w+) (went|goes|waited|waits) (?:to|in) the (\w+) \.`)

	presentTense = regexp.MustCompile(
		` (is|has|shows|helps|goes|waits|feels|cleans|thinks|sings|ends|meet|love) `,
	)
	pastTense = regexp.MustCompile(
		` (was|had|showed|helped|went|waited|felt|cleaned|thought|sang|ended|met|loved) `,
	)
)

func TestStoriesAreConsistent(t *testing.T) {
	seen := [5]int{}
	for _, d := range sample(300_000) {
		if !strings.HasPrefix(d.Text, "once") && !strings.HasPrefix(d.Text, "today") {
			continue
		}
		job, thing := map[string]string{}, map[string]string{}
		owner, place := map[string]string{}, map[string]string{}
		for _, m := range introduction.FindAllStringSubmatch(d.Text, -1) {
			require.NotContains(t, job, m[1], d.Text)
			require.NotContains(t, owner, m[2], d.Text)
			job[m[1]], thing[m[1]], owner[m[2]] = m[2], m[3], m[1]
			seen[0]++
		}
		require.Equal(t, strings.Contains(d.Text, "three friends"), len(job) == 3, d.Text)
		for _, m := range answer.FindAllStringSubmatch(d.Text, -1) {
			require.Equal(t, thing[m[2]], m[1], d.Text)
			require.Equal(t, job[m[2]], m[3], d.Text)
			seen[1]++
		}
		for _, m := range shown.FindAllStringSubmatch(d.Text, -1) {
			require.Equal(t, thing[m[1]], m[2], d.Text)
			require.Contains(t, job, m[3], d.Text)
			require.NotEqual(t, m[1], m[3])
			seen[2]++
		}
		for _, m := range helped.FindAllStringSubmatch(d.Text, -1) {
			require.Equal(t, thing[owner[m[2]]], m[3], d.Text)
			require.Contains(t, owner, m[1], d.Text)
			seen[3]++
		}
		for _, m := range went.FindAllStringSubmatch(d.Text, -1) {
			if strings.HasPrefix(m[2], "wait") {
				require.Equal(t, place[m[1]], m[3], d.Text)
				seen[4]++
			}
			place[m[1]] = m[3]
		}
		present, past := presentTense.MatchString(d.Text), pastTense.MatchString(d.Text)
		require.NotEqual(t, past, present, d.Text)
		require.Equal(t, past, strings.HasPrefix(d.Text, "once"))
	}
	for i, n := range seen {
		require.Greater(t, n, 50, i)
	}
}

// A pronoun agrees with the person named last, in all kinds of documents.
func TestPronounsAgree(t *testing.T) {
	gender := map[string]string{}
	for _, name := range slices.Concat(women, famousWomen) {
		gender[name] = "she"
	}
	for _, name := range slices.Concat(men, famousMen) {
		gender[name] = "he"
	}
	n := 0
	for _, d := range sample(200_000) {
		last := ""
		for _, word := range strings.Fields(d.Text) {
			switch word {
			case "he", "she":
				require.Equal(t, gender[last], word, d.Text)
				n++
			case "his":
				require.Equal(t, gender[last], "he", d.Text)
			case "her":
				require.Equal(t, gender[last], "she", d.Text)
			default:
				if gender[word] != "" {
					last = word
				}
			}
		}
	}
	require.Greater(t, n, 1000)
}

// A fact is the same in every document, and every person has one fact of each kind.
func TestFactsNeverChange(t *testing.T) {
	dish, life := map[string]string{}, map[string]string{}
	agree := func(known map[string]string, key, value, text string) {
		if was, ok := known[key]; ok {
			require.Equal(t, was, value, "%s: %s", key, text)
		}
		known[key] = value
	}
	met := regexp.MustCompile(`friends (?:met|meet) in (\w+) `)
	loved := regexp.MustCompile(`people there (?:love|loved) (\w+) `)
	of := regexp.MustCompile(`what we know of (\w+) `)
	for _, d := range sample(400_000) {
		for _, m := range loved.FindAllStringSubmatch(d.Text, -1) {
			agree(dish, met.FindStringSubmatch(d.Text)[1], m[1], d.Text)
		}
		if m := of.FindStringSubmatch(d.Text); m != nil {
			require.Equal(t, len(attributes)+2, strings.Count(d.Text, " ."),
				d.Text) // one sentence each
			for kind, a := range attributes {
				found := 0
				for _, phrase := range a.phrases {
					value := regexp.MustCompile(`(?:she|he|` + m[1] + `) ` + phrase + ` (\w+) `)
					if f := value.FindStringSubmatch(d.Text); f != nil {
						agree(life, m[1]+" "+attributes[kind].phrases[0], f[1], d.Text)
						found++
					}
				}
				require.Equal(t, 1, found, d.Text)
			}
		}
	}
	require.Len(t, dish, len(towns))
	require.Len(t, life, (len(famousWomen)+len(famousMen))*len(attributes))
}

func TestDictionariesMeanOneThing(t *testing.T) {
	entry := regexp.MustCompile(`(here|so) (\w+) means (\w+) \.|for (\w+) say (\w+) \.`)
	recalled := 0
	for _, d := range sample(200_000) {
		means, word := map[string]string{}, map[string]string{}
		for _, m := range entry.FindAllStringSubmatch(d.Text, -1) {
			switch {
			case m[1] == "here":
				require.NotContains(t, means, m[2], d.Text)
				require.NotContains(t, word, m[3], d.Text)
				means[m[2]], word[m[3]] = m[3], m[2]
			case m[1] == "so":
				require.Equal(t, means[m[2]], m[3], d.Text)
				recalled++
			default:
				require.Equal(t, word[m[4]], m[5], d.Text)
				recalled++
			}
		}
	}
	require.Greater(t, recalled, 1000)
}

func TestSumsAddUp(t *testing.T) {
	value := map[string]int{}
	for n, word := range numbers {
		value[word] = n
	}
	sentence := regexp.MustCompile(`(now )?(\w+) (has|finds|buys|gets|loses|sells|eats) (\w+) ` +
		`(more )?(\w+) \.`)
	results := 0
	for _, d := range sample(200_000) {
		if !strings.HasPrefix(d.Text, "let") {
			continue
		}
		n := 0
		for _, m := range sentence.FindAllStringSubmatch(d.Text, -1) {
			require.Contains(t, d.Text, "count "+m[6]+" .")
			v, ok := value[m[4]]
			require.True(t, ok, d.Text)
			switch {
			case m[1] != "":
				require.Equal(t, n, v, d.Text)
				results++
			case m[3] == "has":
				n = v
			case m[5] != "":
				n += v
			default:
				n -= v
			}
		}
	}
	require.Greater(t, results, 1000)
}
