package lmzoo_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// guide is the title of the only section of README.zh-CN.md that README.md does not have: the
// topics of a Chinese textbook, with pages, files and commands.
const guide = "教材对照"

// TestReadmeChinese compares README.zh-CN.md with README.md, section by section: commands, other
// blocks, generated tables, inline code, links and numbers. TestDemoTables fills the generated
// blocks of both.
func TestReadmeChinese(t *testing.T) {
	english, err := os.ReadFile("README.md")
	require.NoError(t, err)
	chinese, err := os.ReadFile("README.zh-CN.md")
	require.NoError(t, err)
	require.NoError(t, compareReadmes(string(english), string(chinese)))
	require.Contains(t, string(english), "](README.zh-CN.md)")
	require.Contains(t, string(chinese), "](README.md)")
}

// compareReadmes returns the first difference between two READMEs other than their language.
func compareReadmes(english, chinese string) error {
	want, got := strings.Split(english, "\n## "), strings.Split(chinese, "\n## ")
	got = slices.DeleteFunc(got, func(s string) bool { return strings.HasPrefix(s, guide+"\n") })
	if len(got) != len(want) {
		return fmt.Errorf("%d sections; want %d", len(got), len(want))
	}
	for i := range want {
		title, _, _ := strings.Cut(want[i], "\n")
		wantFacts, gotFacts := facts(want[i]), facts(got[i])
		for j, n := 0, max(len(wantFacts), len(gotFacts)); j < n; j++ {
			if w, g := at(wantFacts, j), at(gotFacts, j); g != w {
				return fmt.Errorf("section %q: the Chinese README has %s; want %s", title, g, w)
			}
		}
	}
	return nil
}

func at(facts []string, i int) string {
	if i < len(facts) {
		return facts[i]
	}
	return "nothing more"
}

var (
	fence         = regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```$")
	generated     = regexp.MustCompile(`(?m)^<!-- .* -->\n(?:\|.*\n)*`)
	inlineCode    = regexp.MustCompile("`[^`\n]+`")
	languageLinks = regexp.MustCompile(`\]\((?:README[\w.-]*\.md|#.*)\)`)
	numeral       = regexp.MustCompile(`[0-9⁰¹²³⁴-⁹⁻][0-9.,⁰¹²³⁴-⁹⁻]*`)
)

// facts lists the parts of a section that do not depend on its language. Commands, blocks and
// generated tables keep their order. Code, links and numbers are sorted, because two languages
// order a sentence differently.
func facts(section string) (all []string) {
	add := func(kind string, values []string) {
		for _, v := range values {
			all = append(all, kind+" "+v)
		}
	}
	add("sh block", flatten(shBlocks(section)))
	for _, m := range fence.FindAllStringSubmatch(section, -1) {
		if m[1] != "sh" {
			all = append(all, "block "+m[2])
		}
	}
	add("generated", generated.FindAllString(section, -1))
	prose := fence.ReplaceAllString(section, "")
	add("code", sorted(inlineCode.FindAllString(prose, -1)))
	linked := languageLinks.ReplaceAllString(prose, "")
	add("link", sorted(anyLink.FindAllString(linked, -1)))
	section = inlineCode.ReplaceAllString(strings.ReplaceAll(section, "```", ""), "")
	section = anyLink.ReplaceAllString(section, "")
	var numbers []string
	for _, s := range numeral.FindAllString(section, -1) {
		s = strings.TrimRight(s, ".,")
		numbers = append(numbers, strings.ReplaceAll(s, ",", "")) // 1,000 or 1000
	}
	add("number", sorted(numbers))
	return all
}

func flatten(blocks [][]string) (lines []string) {
	for i, block := range blocks {
		for _, line := range block {
			lines = append(lines, fmt.Sprintf("%d: %s", i+1, line))
		}
	}
	return lines
}

func sorted(values []string) []string {
	slices.Sort(values)
	return values
}

// TestCompareReadmes checks that a translation is not a difference, and that one changed fact is.
func TestCompareReadmes(t *testing.T) {
	const (
		english = "# x\n\nTwo of 1,000: [the page](a.md), `f` takes 3.5 s.\n\n## Use\n\n" +
			"```sh\nlmzoo eval a   # bits\n```\n<!-- text: c.txt 1 -->\n```\na  1\n```\n" +
			"<!-- demo: eras table 1 -->\n| how |\n|---|\n| GPT |\n\n"
		chinese = "# x\n\n[English](README.md)\n\n`f` 需要 3.5 秒，1000 个里有两个：[页](a.md)。\n" +
			"\n## 用法\n\n```sh\nlmzoo eval a   # 比特\n```\n<!-- text: c.txt 1 -->\n" +
			"```\na  1\n```\n<!-- demo: eras table 1 -->\n| how |\n|---|\n| GPT |\n\n" +
			"\n## " + guide + "\n\n7 `g` [页](b.md)\n"
	)
	require.NoError(t, compareReadmes(english, chinese))
	for says, change := range map[string][2]string{
		`want number 1000`:                {"1000", "100"},
		`want number 3.5`:                 {"3.5", "35"},
		`want link ](a.md)`:               {"a.md", "b.md"},
		"want code `f`":                   {"`f`", "`g`"},
		`want sh block 1: lmzoo eval a`:   {"eval a", "eval b"},
		"has block a  2":                  {"a  1", "a  2"},
		"want generated <!-- demo: eras":  {"| GPT |", "| BERT |"},
		"want generated <!-- text: c.txt": {"c.txt 1", "c.txt 2"},
		"3 sections; want 2":              {"## " + guide, "## 其他"},
		"has number 5; want nothing more": {"# 比特", "# 5 比特"},
	} {
		err := compareReadmes(english, strings.Replace(chinese, change[0], change[1], 1))
		require.ErrorContains(t, err, says)
	}
}

// chapters lists the chapters of the textbook in their order.
var chapters = []string{
	"统计语言模型", "神经语言模型", "预训练语言模型", "大语言模型", "数据工程", "高效预训练",
	"能力激发", "人类对齐", "工具使用",
}

// TestReadmeGuide checks the table of the guide: its chapters, terms that the glossary has, and
// commands that the page of the row has. TestLinks follows the links.
func TestReadmeGuide(t *testing.T) {
	text, err := os.ReadFile("README.zh-CN.md")
	require.NoError(t, err)
	glossary, err := os.ReadFile(filepath.Join("docs", "glossary.md"))
	require.NoError(t, err)
	terms := chineseTerms(string(glossary))
	n, err := checkGuide(string(text), terms, func(page string) (string, error) {
		text, err := os.ReadFile(filepath.FromSlash(page))
		return string(text), err
	})
	require.NoError(t, err)
	require.Greater(t, n, 30)
	for _, chapter := range chapters {
		require.Contains(t, terms, chapter, "the glossary has no %s", chapter)
	}
}

// chineseTerms returns the Chinese terms of the glossary with their other names.
func chineseTerms(glossary string) map[string]bool {
	terms := map[string]bool{}
	for row := range strings.Lines(glossary) {
		if cells := strings.Split(row, " | "); len(cells) == 4 {
			name, other, _ := strings.Cut(cells[1], "（")
			terms[name], terms[strings.TrimSuffix(other, "）")] = true, true
		}
	}
	return terms
}

var (
	guidePage = regexp.MustCompile(`\]\((docs/[\w-]+\.md)(?:#[\w-]+)?\)`)
	guideFile = regexp.MustCompile(`\]\([\w/]+\.go\)`)
)

// checkGuide returns the number of topics of the guide, or the first row that is wrong.
func checkGuide(
	text string, terms map[string]bool, read func(page string) (string, error),
) (n int, err error) {
	_, rows, _ := strings.Cut(text, "| 章 | 主题 | 页 | 代码 | 命令 |\n|---|---|---|---|---|\n")
	rows, _, _ = strings.Cut(rows, "\n\n")
	var found []string
	for row := range strings.Lines(rows) {
		cells := strings.Split(strings.TrimSuffix(strings.TrimSpace(row), " |"), " | ")
		if len(cells) != 5 {
			return n, fmt.Errorf("row with %d cells; want 5: %s", len(cells), row)
		}
		if chapter := strings.TrimPrefix(cells[0], "| "); chapter != "|" {
			found = append(found, chapter)
		}
		for _, term := range strings.Split(cells[1], "、") {
			if strings.ContainsFunc(term, isHan) && !terms[term] {
				return n, fmt.Errorf("%s: the glossary has no such term", term)
			}
		}
		page := guidePage.FindStringSubmatch(cells[2])
		command := topicCode.FindStringSubmatch(cells[4])
		if page == nil || command == nil || !guideFile.MatchString(cells[3]) {
			return n, fmt.Errorf("%s: want a page, a file and a command", cells[1])
		}
		text, err := read(page[1])
		if err = errors.Join(err, commanded(text, command[1])); err != nil {
			return n, fmt.Errorf("%s: %s: %w", cells[1], page[1], err)
		}
		n++
	}
	if !slices.Equal(found, chapters) {
		return n, fmt.Errorf("chapters %q; want %q", found, chapters)
	}
	return n, nil
}

// commanded reports whether a page has a command, or quotes its experiment.
func commanded(page, command string) error {
	has := command
	if name, ok := strings.CutPrefix(command, "lmzoo lab "); ok {
		has = "<!-- lab: " + name + " "
	}
	if !strings.Contains(page, has) {
		return fmt.Errorf("the page has no %q", has)
	}
	return nil
}

func TestCheckGuide(t *testing.T) {
	table := "| 章 | 主题 | 页 | 代码 | 命令 |\n|---|---|---|---|---|\n"
	for _, chapter := range chapters {
		table += "| " + chapter + " | 熵、BERT | [x](docs/1.md#a) | [f](a/f.go) | `lmzoo lab e` |\n"
	}
	table += "| | 语言模型 | [x](docs/2.md) | [f](f.go) | `lmzoo eval a` |\n\n"
	terms := chineseTerms("| a | 熵 | A. | [x](y) |\n| b | 模型（语言模型） | B. | [x](y) |\n")
	read := func(page string) (string, error) {
		pages := map[string]string{
			"docs/1.md": "0.5 <!-- lab: e x -->", "docs/2.md": "lmzoo eval a b",
		}
		return pages[page], nil
	}
	n, err := checkGuide(table, terms, read)
	require.NoError(t, err)
	require.Equal(t, len(chapters)+1, n)
	for says, change := range map[string][2]string{
		"长短: the glossary has no":            {"熵", "长短"},
		`the page has no "lmzoo eval c"`:     {"eval a", "eval c"},
		`the page has no "<!-- lab: other "`: {"lab e", "lab other"},
		"want a page, a file":                {"[f](f.go)", "f.go"},
		"row with 4 cells":                   {" | [f](f.go)", ""},
		"chapters":                           {"数据工程", "数据"},
	} {
		_, err := checkGuide(strings.Replace(table, change[0], change[1], 1), terms, read)
		require.ErrorContains(t, err, says)
	}
}
