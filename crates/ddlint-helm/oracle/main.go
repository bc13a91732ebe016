// Prints what Go's encoders make of the values on standard input, one JSON line for each line read.
//
// A value is written as JSON with two additions: {"f": "1.5"} is a float64 and {"b": "…"} a string in base64;
// a whole number is an int, {"m": [[key, value], …]} a map. With the argument "decode" a line is a JSON string, and
// what is printed is what the decoders read from it; with "flush" each answer is sent at once.
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
	"sigs.k8s.io/yaml"
	yamlv3 "sigs.k8s.io/yaml/goyaml.v3"
)

func fatal(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// value turns the notation into the Go value that a template would hold.
func value(in any) any {
	switch in := in.(type) {
	case json.Number:
		number, err := strconv.Atoi(in.String())
		fatal(err)
		return number
	case []any:
		out := make([]any, len(in))
		for i, item := range in {
			out[i] = value(item)
		}
		return out
	case map[string]any:
		if text, ok := in["f"].(string); ok {
			number, err := strconv.ParseFloat(text, 64)
			fatal(err)
			return number
		}
		if text, ok := in["b"].(string); ok {
			raw, err := base64.StdEncoding.DecodeString(text)
			fatal(err)
			return string(raw)
		}
		out := map[string]any{}
		for _, pair := range in["m"].([]any) {
			pair := pair.([]any)
			out[value(pair[0]).(string)] = value(pair[1])
		}
		return out
	}
	return in
}

func orEmpty(text []byte, err error) string {
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(string(text), "\n")
}

func pretty(v any) string {
	var out bytes.Buffer
	encoder := yamlv3.NewEncoder(&out)
	encoder.SetIndent(2)
	err := encoder.Encode(v)
	return orEmpty(out.Bytes(), err)
}

func raw(v any) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return "!" + err.Error()
	}
	return strings.TrimSuffix(out.String(), "\n")
}

func tomlText(v any) (text string) {
	defer func() {
		if r := recover(); r != nil {
			text = "!" + fmt.Sprint(r)
		}
	}()
	var out bytes.Buffer
	if err := toml.NewEncoder(&out).Encode(v); err != nil {
		return err.Error()
	}
	return out.String()
}

func encoded(v any) map[string]string {
	html, err := json.Marshal(v)
	indented, err2 := json.MarshalIndent(v, "", "  ")
	text, err3 := yaml.Marshal(v)
	out := map[string]string{
		"yaml":   orEmpty(text, err3),
		"pretty": pretty(v),
		"json":   orEmpty(html, err),
		"raw":    raw(v),
		"indent": orEmpty(indented, err2),
		"toml":   tomlText(v),
	}
	for name, text := range out {
		out[name] = base64.StdEncoding.EncodeToString([]byte(text))
	}
	return out
}

func decoded(text string) map[string]string {
	object := map[string]any{}
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		object["Error"] = err.Error()
	}
	array := []any{}
	if err := json.Unmarshal([]byte(text), &array); err != nil {
		array = []any{err.Error()}
	}
	if object == nil {
		object = map[string]any{}
	}
	if array == nil {
		array = []any{}
	}
	a, err := json.Marshal(object)
	fatal(err)
	b, err := json.Marshal(array)
	fatal(err)
	return map[string]string{"object": string(a), "array": string(b)}
}

func main() {
	decode := len(os.Args) > 1 && os.Args[1] == "decode"
	flush := len(os.Args) > 1 && os.Args[1] == "flush"
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<26)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for in.Scan() {
		reader := json.NewDecoder(bytes.NewReader(in.Bytes()))
		reader.UseNumber()
		var notation any
		fatal(reader.Decode(&notation))
		var result map[string]string
		if decode {
			result = decoded(value(notation).(string))
		} else {
			result = encoded(value(notation))
		}
		line, err := json.Marshal(result)
		fatal(err)
		out.Write(line)
		out.WriteByte('\n')
		if flush {
			fatal(out.Flush())
		}
	}
	fatal(in.Err())
}
