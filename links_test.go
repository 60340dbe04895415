package lmzoo_test

import (
	"cmp"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

var updateLinks = flag.Bool("update-links", false, "write the lines of declarations into the pages")

// TestLinks follows the links of the pages to files, headings and declarations in the repository. A
// declaration is linked by its name and line:
//
//	[`Result.Perplexity`, eval/result.go:40](../eval/result.go#L40)
//
// -update-links corrects the lines after the code has changed.
func TestLinks(t *testing.T) {
	pages, err := filepath.Glob("docs/*.md")
	require.NoError(t, err)
	require.NotEmpty(t, pages)
	for _, page := range append(pages, "README.md", "README.zh-CN.md", "CONTRIBUTING.md") {
		data, err := os.ReadFile(page)
		require.NoError(t, err)
		text := string(data)
		if *updateLinks {
			updated, err := updateLines(text, filepath.Dir(page))
			require.NoError(t, err, page)
			if updated != text {
				require.NoError(t, os.WriteFile(page, []byte(updated), 0o644))
			}
			continue
		}
		require.NoError(t, checkLines(text, filepath.Dir(page)), page)
		require.NoError(t, checkLinks(text, page), page)
	}
}

var (
	codeLink = regexp.MustCompile("\\[`([\\w.]+)`, ([\\w/.-]+):(\\d+)\\]\\(([\\w/.-]+)#L(\\d+)\\)")
	lineLink = regexp.MustCompile(`\]\([^)\s]*#L\d+\)`)
	anyLink  = regexp.MustCompile(`\]\(([^)\s]+)\)`)
)

// checkLines returns an error for the first link whose line is not the line of the declaration.
func checkLines(text, dir string) error {
	all, named := lineLink.FindAllString(text, -1), codeLink.FindAllString(text, -1)
	if len(all) != len(named) {
		return fmt.Errorf("%d links to lines, of which %d name a declaration; want "+
			"[`NAME`, path/file.go:LINE](../path/file.go#LLINE)", len(all), len(named))
	}
	updated, err := updateLines(text, dir)
	if err != nil {
		return err
	}
	for i, link := range codeLink.FindAllString(updated, -1) {
		if link != named[i] {
			return fmt.Errorf("%s; want %s: update the pages with: go test -run TestLinks . "+
				"-update-links", named[i], link)
		}
	}
	return nil
}

// updateLines writes the lines of declarations into the links of a page in dir.
func updateLines(text, dir string) (string, error) {
	var failed error
	updated := codeLink.ReplaceAllStringFunc(text, func(link string) string {
		m := codeLink.FindStringSubmatch(link)
		path := filepath.Join(dir, m[4])
		line, err := declarationLine(path, m[1])
		if err == nil && filepath.ToSlash(path) != m[2] {
			err = fmt.Errorf("%s leads to %s", link, path)
		}
		failed = cmp.Or(failed, err)
		return fmt.Sprintf("[`%s`, %s:%d](%s#L%d)", m[1], m[2], line, m[4], line)
	})
	return updated, failed
}

// declarationLine returns the line of a function, a method such as Result.Perplexity, or a type.
func declarationLine(path, name string) (int, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
	if err != nil {
		return 0, err
	}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if receiver(d)+d.Name.Name == name {
				return files.Position(d.Pos()).Line, nil
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if s, ok := spec.(*ast.TypeSpec); ok && s.Name.Name == name {
					return files.Position(s.Pos()).Line, nil
				}
			}
		}
	}
	return 0, fmt.Errorf("%s declares no %s", path, name)
}

// receiver returns the type of a method and a dot, or "" for a function.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	t := d.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if generic, ok := t.(*ast.IndexExpr); ok {
		t = generic.X
	}
	if id, ok := t.(*ast.Ident); ok {
		return id.Name + "."
	}
	return ""
}

// checkLinks returns an error for the first link of a page to a file or heading that does not
// exist.
func checkLinks(text, page string) error {
	for _, m := range anyLink.FindAllStringSubmatch(withoutCode(text), -1) {
		if strings.Contains(m[1], "://") {
			continue
		}
		path, anchor, _ := strings.Cut(m[1], "#")
		target := page
		if path != "" {
			target = filepath.Join(filepath.Dir(page), path)
		}
		info, err := os.Stat(target)
		if err != nil {
			return fmt.Errorf("link %s: no file %s", m[1], target)
		}
		if anchor == "" || info.IsDir() || filepath.Ext(target) != ".md" {
			continue
		}
		linked, err := os.ReadFile(target)
		if err != nil {
			return err
		}
		if !slices.Contains(anchors(string(linked)), anchor) {
			return fmt.Errorf("link %s: %s has no heading #%s", m[1], target, anchor)
		}
	}
	return nil
}

// withoutCode returns a page without its blocks of code.
func withoutCode(text string) string {
	var b strings.Builder
	inside := false
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "```") {
			inside = !inside
		} else if !inside {
			b.WriteString(line)
		}
	}
	return b.String()
}

// anchors returns the names that GitHub gives to the headings of a page.
func anchors(text string) (names []string) {
	for line := range strings.Lines(withoutCode(text)) {
		title, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " ")
		if !ok || !strings.HasPrefix(line, "#") {
			continue
		}
		names = append(names, strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r):
				return unicode.ToLower(r)
			}
			return -1
		}, strings.TrimSpace(title)))
	}
	return names
}

// TestCheckLinks checks that a wrong line, an unknown name, and a broken link are found.
func TestCheckLinks(t *testing.T) {
	line, err := declarationLine("links_test.go", "updateLines")
	require.NoError(t, err)
	link := func(name string, line int) string {
		n := strconv.Itoa(line)
		return "[`" + name + "`, links_test.go:" + n + "](links_test.go#L" + n + ")"
	}
	require.NoError(t, checkLines(link("updateLines", line), "."))
	require.ErrorContains(t, checkLines(link("updateLines", line+1), "."), "-update-links")
	require.ErrorContains(t, checkLines(link("nothing", line), "."), "declares no nothing")
	require.ErrorContains(t, checkLines("[x](links_test.go#L3)", "."), "name a declaration")
	updated, err := updateLines("See "+link("updateLines", 1)+".", ".")
	require.NoError(t, err)
	require.Equal(t, "See "+link("updateLines", line)+".", updated)

	require.NoError(t, checkLinks("# A b: c\n[x](#a-b-c) [y](links_test.go) [z](https://x.y)",
		"links_test.go"))
	require.ErrorContains(t, checkLinks("[x](nowhere.md)", "README.md"), "no file nowhere.md")
	require.ErrorContains(t, checkLinks("[x](README.md#nothing-here)", "README.md"),
		"no heading #nothing-here")
}
