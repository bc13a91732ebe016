// Records what Go's text/template says to the cases of this folder: go run . < cases.txt > new && mv new cases.txt
// The functions beside Go's own are Helm's include and tpl and a few whose parameter types matter.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/template"
)

var included = map[string]int{}

func include(t *template.Template) func(string, interface{}) (string, error) {
	return func(name string, data interface{}) (string, error) {
		var out strings.Builder
		if included[name] > 1000 {
			return "", fmt.Errorf("rendering template has a nested reference name: %s: %w", name, errors.New("unable to execute template"))
		}
		included[name]++
		err := t.ExecuteTemplate(&out, name, data)
		included[name]--
		return out.String(), err
	}
}

func tpl(parent *template.Template) func(string, interface{}) (string, error) {
	return func(text string, data interface{}) (string, error) {
		t, err := parent.Clone()
		if err != nil {
			return "", err
		}
		t.Option("missingkey=zero")
		t.Funcs(template.FuncMap{"include": include(t), "tpl": tpl(t)})
		t, err = t.New(parent.Name()).Parse(text)
		if err != nil {
			return "", fmt.Errorf("cannot parse template %q: %w", text, err)
		}
		var out strings.Builder
		if err := t.Execute(&out, data); err != nil {
			return "", fmt.Errorf("error during tpl function execution for %q: %w", text, err)
		}
		return strings.ReplaceAll(out.String(), "<no value>", ""), nil
	}
}

func run(text string, data interface{}) (string, error) {
	t := template.New("gotpl")
	t.Option("missingkey=zero")
	t.Funcs(template.FuncMap{
		"include": include(t), "tpl": tpl(t),
		"trunc": func(n int, s string) string {
			if n >= 0 && n < len(s) {
				return s[:n]
			}
			if n < 0 && len(s)+n > 0 {
				return s[len(s)+n:]
			}
			return s
		},
		"int64":   func(v interface{}) int64 { return int64(v.(float64)) },
		"list":    func(v ...interface{}) []interface{} { return v },
		"ternary": func(a, b interface{}, c bool) interface{} {
			if c {
				return a
			}
			return b
		},
		"hasKey": func(m map[string]interface{}, k string) bool { _, ok := m[k]; return ok },
		"first":  func(l interface{}) interface{} { return l.([]interface{})[0] },
		"fail":   func(s string) (string, error) { return "", errors.New(s) },
		"splitList": func(sep, s string) []string { return strings.Split(s, sep) },
		"until": func(n int) []int { l := []int{}; for i := 0; i < n; i++ { l = append(l, i) }; return l },
	})
	t, err := t.New("c/templates/a.yaml").Parse(text)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	err = t.ExecuteTemplate(&out, "c/templates/a.yaml", data)
	return strings.ReplaceAll(out.String(), "<no value>", ""), err
}

func main() {
	raw, err := os.ReadFile("data.json")
	if err != nil {
		panic(err)
	}
	in, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	for _, block := range strings.Split(string(in), "\n=== ")[1:] {
		name, rest, _ := strings.Cut(block, "\n")
		text, _, _ := strings.Cut(rest, "\n--- ")
		var data interface{}
		if err := json.Unmarshal(raw, &data); err != nil {
			panic(err)
		}
		out, err := run(text, data)
		fmt.Printf("\n=== %s\n%s\n", name, text)
		if err != nil {
			fmt.Printf("--- error\n%s", err)
		} else {
			fmt.Printf("--- want\n%s", out)
		}
	}
}
