// Records what sprig's functions (and Helm's own) give for thousands of calls.
//
//	go run ./funcs > ../tests/data/funcs.tsv
//
// Each line is a call as it would stand in a template, a tab, and its result in the notation of dump, or "! " and
// the error without its place. The data of the templates is in the first line.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"reflect"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"text/template"
	"time"

	"github.com/Masterminds/semver/v3"
	"github.com/Masterminds/sprig/v3"
)

const data = `{"f":1.5,"neg":-2.25,"big":1000000,"huge":1e21,"zero":0,"n":null,"t":true,"no":false,"e":"",` +
	`"s":"hello world","num":"42","el":[],"em":{},"l":["a","b",1,null,"a",2.5,true],"ll":[[1,2],["x"]],` +
	`"m":{"a":1,"b":"x","c":{"d":{"e":"deep"}},"n":null,"l":[1],"z":""},"m2":{"a":0,"b":"y","c":{"d":{"f":2},"g":[]},"q":"new","l":[2,3]}}`

func dump(v any) string {
	switch v := v.(type) {
	case nil:
		return "nil"
	case bool:
		return strconv.FormatBool(v)
	case int:
		return fmt.Sprintf("i:%d", v)
	case int64:
		return fmt.Sprintf("l:%d", v)
	case uint64:
		return fmt.Sprintf("l:%d", v)
	case float64:
		return "f:" + strconv.FormatFloat(v, 'g', -1, 64)
	case string:
		return strconv.Quote(v)
	case time.Time:
		return "t:" + v.String()
	case *semver.Version:
		return "v:" + v.Original() + "|" + v.String()
	}
	rv := reflect.ValueOf(v)
	switch rv.Kind() {
	case reflect.Slice:
		if rv.IsNil() {
			return "null[]"
		}
		items := []string{}
		for i := range rv.Len() {
			items = append(items, dump(rv.Index(i).Interface()))
		}
		name := map[string]string{"[]string": "s", "[]int": "n", "[]uint8": "b"}[rv.Type().String()]
		return name + "[" + strings.Join(items, ", ") + "]"
	case reflect.Map:
		items := []string{}
		for _, k := range rv.MapKeys() {
			items = append(items, strconv.Quote(k.String())+": "+dump(rv.MapIndex(k).Interface()))
		}
		sort.Strings(items)
		name := map[string]string{"map[string]string": "m"}[rv.Type().String()]
		return name + "{" + strings.Join(items, ", ") + "}"
	}
	return fmt.Sprintf("o:%T:%v", v, v)
}

var place = regexp.MustCompile(`(?s)^template: [^ ]+ executing "c" at <.*?>: `)

func fresh() any {
	var v any
	if err := json.Unmarshal([]byte(data), &v); err != nil {
		panic(err)
	}
	return v
}

// Functions whose result is not the same twice, or that this program need not check.
var skipped = map[string]bool{
	"env": true, "expandenv": true, "now": true, "ago": true, "uuidv4": true, "shuffle": true, "bcrypt": true,
	"htpasswd": true, "genPrivateKey": true, "genCA": true, "genCAWithKey": true, "genSelfSignedCert": true,
	"genSelfSignedCertWithKey": true, "genSignedCert": true, "genSignedCertWithKey": true, "randAlphaNum": true,
	"randAlpha": true, "randAscii": true, "randNumeric": true, "randBytes": true, "randInt": true, "encryptAES": true,
	"getHostByName": true, "derivePassword": true, "buildCustomCert": true, "toJson": true, "fromJson": true,
	"toPrettyJson": true, "toRawJson": true, "mustFromJson": true, "mustToJson": true, "mustToPrettyJson": true,
	"mustToRawJson": true, "hello": true,
}

var strs = []string{`""`, `"a"`, `"hello world"`, `"Hello-World_foo bar"`, `"  padded\t\n"`, `"a,b,,c"`, `"héllo wörld ÿ"`,
	`"\xff\xfeab"`, `"line1\nline2\n\nline4"`, `"1.2.3"`, `"HTTPServer2xx ok"`, `.s`, `.num`, `"$1x"`, `"日本 text"`, "`a\"b'c\\d`",
	`"/a/b/../c//d.tar.gz"`, `"aaaa"`, `"ǆ ß İ ς"`, `"a b  c"`}
var anys = []string{`1`, `-3`, `1.5`, `"x"`, `""`, `"12"`, `"0x1f"`, `"1.50"`, `"-7"`, `"3.0"`, `true`, `false`, `nil`, `.f`, `.neg`, `.big`, `.huge`,
	`.zero`, `.n`, `.e`, `.s`, `.num`, `.el`, `.em`, `.l`, `.m`, `.missing`, `(int64 7)`, `(until 3)`, `(splitList "," "p,q")`,
	`(list 1 "a" nil)`, `(dict "k" 1)`, `(split "," "p,q")`, `(toDate "2006-01-02" "2020-02-03")`, `(semver "1.2.3")`, `"010"`, `"1_000"`, `"1e3"`, `9223372036854775807`}
var ints = []string{`0`, `1`, `2`, `3`, `5`, `-1`, `-3`, `10`, `100`, `(int "4")`}
var wrongInts = []string{`1.5`, `.f`, `"3"`, `nil`, `.missing`, `(int64 2)`, `.l`, `true`}
var wrongStrs = []string{`1`, `.f`, `nil`, `.n`, `.missing`, `.l`, `.m`, `true`, `(int64 3)`}
var maps = []string{`.m`, `.m2`, `.em`, `(dict "a" 1 "b" (dict "c" 2))`, `(dict)`, `.n`, `nil`, `.missing`}
var wrongMaps = []string{`.l`, `"x"`, `1`, `.f`, `(split "," "p,q")`}
var floats = []string{`1.5`, `2`, `.f`, `0.25`, `"x"`}
var times = []string{`(toDate "2006-01-02 15:04:05" "2021-12-31 23:59:58")`, `(toDate "2006-01-02" "1969-07-20")`}
var wrongTimes = []string{`"x"`, `nil`, `1`, `.n`}
var uints = []string{`0`, `1`, `7`}

// Arguments with a meaning, in place of strings from everywhere.
var special = map[string][][]string{
	"semverCompare": {versions2, versions}, "semver": {versions},
	"regexMatch": {patterns, texts}, "mustRegexMatch": {patterns, texts}, "regexFind": {patterns, texts}, "mustRegexFind": {patterns, texts},
	"regexFindAll": {patterns, texts, {`-1`, `0`, `1`, `2`, `3`}}, "mustRegexFindAll": {patterns, texts, {`-1`, `2`}},
	"regexReplaceAll": {patterns, texts, replacements}, "mustRegexReplaceAll": {patterns, texts, replacements},
	"regexReplaceAllLiteral": {patterns, texts, replacements}, "mustRegexReplaceAllLiteral": {patterns, texts, replacements},
	"regexSplit": {patterns, texts, {`-1`, `0`, `1`, `2`, `3`}}, "mustRegexSplit": {patterns, texts, {`-1`, `2`}},
	"date": {layouts, moments}, "dateInZone": {layouts, moments, zones}, "date_in_zone": {layouts, moments, zones},
	"htmlDate": {moments}, "htmlDateInZone": {moments, zones},
	"toDate": {layouts, dates}, "mustToDate": {layouts, dates},
	"dateModify": {durations, times}, "mustDateModify": {durations, times}, "date_modify": {durations, times},
	"duration": {durations2}, "durationRound": {durations2},
	"urlParse": {urls}, "urlJoin": {urlMaps},
	"b64dec": {encoded}, "b32dec": {encoded}, "decryptAES": {{`"secret"`, `""`}, encoded},
	"round": {{`1.5`, `2.4999`, `-1.5`, `123.456`, `"3.14159"`, `.f`, `1e20`, `.n`}, {`0`, `1`, `2`, `-1`, `20`}},
	"until": {{`0`, `3`, `-3`, `1`, `.f`, `"2"`}}, "repeat": {{`0`, `3`, `-1`, `.f`}, strs},
	"base": {paths}, "dir": {paths}, "clean": {paths}, "ext": {paths}, "isAbs": {paths}, "osBase": {paths}, "osDir": {paths},
	"typeIs": {types, anys}, "typeIsLike": {types, anys}, "kindIs": {types, anys},
	"camelcase": {cases}, "snakecase": {cases}, "kebabcase": {cases}, "title": {cases}, "untitle": {cases}, "swapcase": {cases}, "initials": {cases}, "nospace": {cases},
	"ternary": {anys, {`"f"`, `.m`}, {`true`, `false`, `.t`, `.n`, `1`, `"x"`}},
	"get":     {maps, keys}, "hasKey": {maps, keys}, "unset": {maps, keys}, "set": {maps, keys, {`1`, `nil`, `.f`, `"x"`, `.l`, `(dict "k" 1)`}},
	"replace": {{`"l"`, `""`, `"xyz"`, `"\n"`, `" "`}, {`"L"`, `""`, `"--"`}, strs},
	"plural":  {{`"one"`}, {`"many"`}, {`0`, `1`, `2`, `.f`}},
	"seq":     {ints, ints, ints}, "untilStep": {ints, ints, ints},
	"chunk":  {{`1`, `2`, `3`, `0`, `-1`}, {`(list 1 2 3 4 5)`, `.l`, `.el`, `"x"`, `(until 4)`, `nil`}},
	"splitn": {{`","`, `""`, `" "`}, {`-1`, `0`, `1`, `2`, `3`}, strs}, "split": {{`","`, `""`, `" "`, `"xx"`}, strs}, "splitList": {{`","`, `""`, `" "`, `"xx"`}, strs},
	"trimAll": {{`" "`, `"ah"`, `""`, `"é"`, `"\xff"`}, strs}, "trimPrefix": {{`" "`, `"h"`, `""`, `"/"`}, strs}, "trimSuffix": {{`" "`, `"d"`, `""`, `"z"`}, strs},
	"wrap": {{`1`, `3`, `5`, `80`, `0`, `-1`}, strs}, "wrapWith": {{`1`, `4`, `7`}, {`"\n"`, `"|"`, `""`}, strs},
	"abbrev": {{`3`, `4`, `5`, `8`, `0`, `-1`, `100`}, strs}, "abbrevboth": {{`0`, `1`, `5`, `8`, `-1`}, {`3`, `4`, `7`, `9`, `12`}, strs},
	"substr":     {{`0`, `1`, `3`, `-1`, `50`}, {`0`, `2`, `5`, `-1`, `-2`, `100`}, strs},
	"adler32sum": {strs}, "sha1sum": {strs}, "sha256sum": {strs}, "sha512sum": {strs}, "b64enc": {strs}, "b32enc": {strs},
}
var keys = []string{`"a"`, `"b"`, `"zz"`, `"n"`, `""`, `1`, `.s`}
var types = []string{`"string"`, `"map"`, `"map[string]interface {}"`, `"int"`, `"float64"`, `"slice"`, `"time.Time"`, `"semver.Version"`, `"bool"`, `"invalid"`, `"struct"`, `"ptr"`, `"[]string"`}
var cases = []string{`""`, `"a"`, `"_"`, `"__a"`, `"some_words"`, `"http_server"`, `"no_https"`, `"_complex__case_"`, `"some words here"`, `"GOLANG_IS_GREAT"`, `"FirstName"`,
	`"HTTPServer"`, `"NoHTTPS"`, `"GO PATH"`, `"http2xx"`, `"HTTP20xOK"`, `"Duration2m3s"`, `"Bld4Floor3rd"`, `"a.b.c"`, `"foo-Bar--baz"`, `"ABC"`, `"aBC"`, `"héllo Wörld"`,
	`"1abc2"`, `"x9"`, `"日本go"`, `"foo  bar\tBaz"`, `"\xffab Cd"`, `"A1B2"`, `"a--"`, `"--a"`, `"k8s.io/API-Server"`, `"v1.2-rc1"`, `"ǆabc ßx"`, `"don't STOP"`, `"é É"`}
var paths = []string{`""`, `"/"`, `"."`, `".."`, `"a"`, `"a/b"`, `"/a/b/"`, `"a//b/./c"`, `"../a/../../b"`, `"/../a"`, `"a/.."`, `"a.tar.gz"`, `"a.b/c"`, `"///"`, `".hidden"`, `"/a/b/../c//d.tar.gz"`}
var versions = []string{`"1.2.3"`, `"v1.2.3"`, `"1.2"`, `"1"`, `"1.2.3-alpha.1"`, `"1.2.3-alpha.10+b1"`, `"2.0.0"`, `"0.2.3"`, `"0.0.3"`, `"1.20.0-gke.100"`, `"v1.33.4-eks-abc"`, `"01.2.3"`,
	`"1.2.3-01"`, `"bad"`, `""`, `"1.2.3.4"`, `"99999999999999999999"`, `"1.3.0"`, `"0.2.9"`, `"1.2.3+meta"`, `"10.0.0"`, `"1.33.0-rc.0"`, `1.2`, `.f`}
var versions2 = []string{`">=1.2.3"`, `"^1.2"`, `"~1.2.3"`, `"~1"`, `"1.x"`, `"*"`, `""`, `"1.2.3 - 2.0"`, `">1.2 <2"`, `">=1.2, <1.3 || ^2"`, `"!=1.2.3"`, `"!=1.x"`, `"=1.2"`, `">= 1.19-0"`, `"<1.20.0-0"`,
	`"^0.2"`, `"^0.0.3"`, `"^0"`, `"~0.2.x"`, `">1"`, `">1.2"`, `"<=1.2"`, `"<=1"`, `"=>1.2"`, `"=<1.2"`, `"~>1.2"`, `"bad"`, `">=1.2.3-alpha"`, `"!=1.2.3-alpha.1"`, `">=1.2 >="`, `"1.2.3.4"`, `"v1.2.3"`, `"^1.x.x"`, `"~*"`, `"^*"`,
	`">=1.21.0-0 <1.25-0"`, `"1 || 2"`, `"1|2"`, `"!=1.2.x"`, `">=1.x-0"`, `"< 1.25"`, `">*"`, `"<X"`}
var patterns = []string{`"l+"`, `"^h"`, `"(\\w+)\\s(\\w+)"`, `"[a-z]+$"`, `""`, `"a*"`, `"(?i)HELLO"`, `"{{"`, `"{[^}]*}"`, `"("`, `"[z-a]"`, `"\\d{2,3}"`, `"(?P<year>\\d+)-(\\d+)"`, `"[[:alpha:]]+"`, `"."`, `"x*"`,
	`"^(.*)@(.*)$"`, `"[^A-Za-z0-9]+"`, `"\\bfoo\\b"`, `"^$"`, `"a{1,2}b"`, `"\\.|/"`, `"[\\w.-]+"`, `"(a)|(b)"`, `"}"`, `"a{,2}"`, `"[]a]"`, `"[a&&b]"`, `"\\pL+"`, `"\\Qa.b\\E"`, `"(?s).+"`, `"+"`, `"\\s+"`, `"[a-c--]"`,
	`"^[\\w-\\.]+$"`, `"[^\\s-a]"`, `"\\Bo\\B"`, `"[\\]\\[]+"`, `"[a"`, `"\\x{41}|\\x61"`, `"\\1"`, `"[\\d\\-x]+"`, `"[[:^digit:]]+"`, `"\\p{Greek}|\\p{L}"`, `"a{2}}"`, `"(?i)[A-F]+"`, `"[[a]"`, `"\\07"`, `"(?U)a+"`, `"[z-a]x"`, `"\\q"`, `"[\\w--/]+"`, `"^([^:@/]+)(?::(\\d+))?$"`}
var texts = []string{`"hello world"`, `""`, `"aaab"`, `"2020-12 and 1999-01"`, `"user@example.com"`, `"{{ x }} {y}"`, `"foo.bar/baz-1_2"`, `"héllo\nwörld"`, `"\xffabc"`, `"a.b"`, `.f`, `"a&b-c"`, `"a{,2}"`, `"foo bar foo"`}
var replacements = []string{`"X"`, `""`, `"$1"`, `"${1}x"`, `"$1x"`, `"$$"`, `"$2-$1"`, `"${year}/$2"`, `"$"`, `"${"`, `"$ß"`}
var layouts = []string{`"2006-01-02"`, `"2006-01-02T15:04:05Z07:00"`, `"Mon Jan 2 15:04:05 MST 2006"`, `"Monday, 02-Jan-06 3:04PM"`, `"20060102150405"`, `"02/01/06 03:04:05.000 pm"`, `"Jan _2 2006 -0700"`, `"002 __2 5.999 -07 Z07:00:00"`, `"January Janx Jane 1/2 4 5"`, `""`, `"text only"`, `"15:04:05,000000"`, `"_2006 2006_"`, `"Mond MonD .00 .99x"`}
var dates = []string{`"2020-02-03"`, `"2020-13-03"`, `"2020-02-30"`, `"2021-03-04T05:06:07Z"`, `"2021-03-04T05:06:07.5+02:00"`, `"Mon Jan 2 15:04:05 MST 2006"`, `"Tue Feb  3 01:02:03 UTC 2015"`, `"Sunday, 02-Jan-70 3:04AM"`, `"20240229235959"`, `"31/12/69 12:00:00.123 am"`, `"Feb  9 2024 -0330"`, `""`, `"x"`, `"2020-02-03 extra"`, `"text only"`, `"12:13:14,5"`, `"12:13:14,123456"`, `"24:00:00"`, `"Mon Jan 2 15:04:05 GMT+3 2006"`}
var moments = []string{`0`, `1600000000`, `(int64 1700000000)`, `-62135596800`, `(toDate "2006-01-02 15:04:05.000" "2021-12-31 23:59:58.120")`, `(toDate "2006-01-02" "0099-01-01")`, `(toDate "Jan 2 2006 -0700" "Feb 9 2024 -0330")`}
var zones = []string{`"UTC"`, `"Local"`, `""`, `"Europe/Berlin"`, `"America/New_York"`, `"Asia/Kolkata"`, `"America/Sao_Paulo"`, `"Nowhere/Land"`}
var durations = []string{`"1h"`, `"-1.5h"`, `"2h45m3.5s"`, `"100ms"`, `"1us2ns"`, `"0"`, `""`, `"1d"`, `"x"`, `"3"`, `"+5m"`, `".5s"`, `"1.h"`, `"9999999h"`, `"-"`}
var durations2 = append([]string{`(int64 90061)`, `95`, `"95"`, `"3600"`, `"-5"`, `"99999999999999999999"`, `(int64 31536001000000000)`, `1.5`, `nil`, `(toDate "2006" "2000" | unixEpoch)`, `"2h10m5s"`, `"2400h10m5s"`, `"9000h"`}, durations...)
var urls = []string{`"http://user:pa%20ss@host.example:8080/a%20b/c?q=1&r=2#frag%21"`, `"mailto:a@b.c"`, `"/path/only?x"`, `"//host/path"`, `"host:80/x"`, `"http://[::1]:80/"`, `"http://a b/"`, `"http://host:port/"`, `""`, `"*"`, `"HTTPS://X/%zz"`, `":foo"`, `"file:///etc/hosts"`, `"a\x01b"`, `"http://user@host?x#y"`, `"1http://x"`, `"http://h/é"`, `"http://[fe80::1%25en0]/"`}
var urlMaps = []string{`(dict "scheme" "http" "host" "h:80" "path" "/a b" "query" "q=1" "fragment" "f g")`, `(dict "path" "a:b/c")`, `(dict "scheme" "https" "host" "x" "path" "y" "userinfo" "u:p@ss")`, `(dict)`, `(dict "opaque" "a@b" "scheme" "mailto")`, `(dict "host" 1)`, `(dict "scheme" "file" "path" "/x")`, `(urlParse "http://user:pa%20ss@host.example:8080/a%20b/c?q=1&r=2#frag%21")`, `(dict "host" nil)`}
var encoded = []string{`"aGVsbG8="`, `"aGVsbG8"`, `""`, `"a"`, `"!!!!"`, `"aGVs\nbG8="`, `"aGVsbG8=x"`, `"JBSWY3DP"`, `"JBSWY3DPEE======"`, `"JBSWY3DPEE"`, `"aGVsbG8=="`, `"YQ=="`, `"YQ=a"`, `"abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG="`, `"Y"`, `"YWI="`, `"YW I="`, `"MY======"`, `"MZXQ===="`, `"M======="`, `"30tEfhuJSVRhpG97XCuWgz2okj7L8vQ1s6V9zVUPeDw="`}

// Calls that the tables do not reach.
var extra = []string{
	`dig "c" "d" "e" "no" .m`, `dig "c" "x" "no" .m`, `dig "a" "b" "no" .m`, `dig "a" .m`, `dig "n" "no" .m`, `dig "n" "x" "no" .m`, `dig 1 "no" .m`, `dig "a" "no" .l`, `dig "a" "no" .n`, `dig "a" nil .em`,
	`merge .m .m2`, `merge .m2 .m`, `mergeOverwrite .m .m2`, `mergeOverwrite .m2 .m`, `merge (dict) .m .m2`, `merge .n .m`, `merge .em .n`, `mergeOverwrite .m (dict "c" "flat")`, `merge .m (dict "c" "flat")`,
	`mergeOverwrite (dict "c" "flat") .m`, `merge (dict "c" "flat") .m`, `merge (dict "c" "") .m`, `merge (dict "a" (dict)) (dict "a" (dict))`, `mergeOverwrite (dict "a" (list 1)) (dict "a" (list))`,
	`mergeOverwrite (dict "a" 1) (dict "a" nil)`, `merge (dict "a" nil) (dict "a" 1)`, `merge (dict "a" nil) (dict "a" (list 1))`, `mergeOverwrite (dict "a" 1) (dict "a" 0)`, `mergeOverwrite (dict "a" "x") (dict "a" "")`,
	`mergeOverwrite (dict "a" true) (dict "a" false)`, `merge (dict "a" false) (dict "a" true)`, `merge (dict "a" (list)) (dict "a" (list 1))`, `merge (dict "a" "s") (dict "a" (list 1))`, `mergeOverwrite (dict "a" "s") (dict "a" (list 1))`,
	`mergeOverwrite (dict "a" (list 1)) (dict "a" "s")`, `mergeOverwrite (dict "a" (dict "b" 1)) (dict "a" nil)`, `mustMerge (dict "a" (dict "b" 1)) (dict "a" (dict "b" 2 "c" 3))`, `mustMergeOverwrite (dict "a" (dict "b" 1)) (dict "a" (dict "b" 2 "c" 3))`,
	`merge (dict "a" (dict "b" 1)) (dict "a" (dict "b" (dict "c" 2)))`, `mergeOverwrite (dict "a" (dict "b" 1)) (dict "a" (dict "b" (dict "c" 2)))`, `merge (dict "a" 0) (dict "a" (dict "b" 1))`,
	`pluck "a" .m .m2 .em`, `pluck "zz" .m`, `pick .m "a" "zz"`, `pick .n "a"`, `omit .m "a" "b"`, `omit .n "a"`, `omit .m`, `pick .m 1`, `keys .m | sortAlpha`, `keys .em`, `keys .n`, `keys .m .m2 | sortAlpha`, `values .em`, `values (dict "a" 1)`, `values .n`,
	`dict "a"`, `dict 1 2`, `dict nil 2`, `dict .f 1 true 2`, `dict (list 1) 3`, `list`, `tuple 1 2`, `concat`, `concat .l (list 1)`, `concat .el .el`, `concat "x"`, `concat .l nil`, `concat (until 2) (splitList "," "a,b")`,
	`slice .l`, `slice .l 1`, `slice .l 1 3`, `slice .l 3 1`, `slice .l 0 100`, `slice .l -1`, `slice .el`, `slice "abc" 1`, `slice .l "1" 2.7`, `slice (until 5) 1 2`, `slice nil`,
	`without .l "a"`, `without .l`, `without .l nil`, `without .l 1`, `without .l 1.0`, `without "x" 1`, `has "a" .l`, `has 1 .l`, `has 1.0 .l`, `has nil .l`, `has "x" nil`, `has "x" "xyz"`, `has .m (list .m)`, `has (int64 1) (list 1)`,
	`coalesce`, `coalesce nil "" 0`, `coalesce .n .e .s`, `all`, `all 1 ""`, `all 1 .m`, `any`, `any 0 ""`, `any 0 1`, `default 1`, `default 1 nil nil`, `default "d" .missing`, `default "d" .f`, `default "d" .zero`, `default "d" .no`, `default nil .n`,
	`quote`, `quote nil`, `quote 1 nil "a\"b" .f .big`, `quote .l`, `quote .m`, `quote "é\x00\t\u00a0\U0001F600\ufeff\xff"`, `squote 1 nil "it's" .f`, `cat`, `cat 1 nil "a" .f .l`, `cat "  a " "b "`,
	`join "-" .l`, `join "-" (until 3)`, `join "-" "abc"`, `join "-" nil`, `join "-" 12`, `join "-" .m`, `join "" (splitList "," "a,b")`, `join ", " .ll`, `sortAlpha .l`, `sortAlpha "x"`, `sortAlpha nil`, `sortAlpha (list "b" "a" 10 9)`, `sortAlpha .m`,
	`toStrings .l`, `toStrings nil`, `toStrings 1.5`, `toStrings (until 2)`, `toString nil`, `toString .l`, `toString .m`, `toString .big`, `toString .huge`, `toString (toDate "2006" "2020")`, `toString (semver "v1.2")`,
	`add`, `add 1 "2" .f true nil .l`, `mul 3`, `mul 3 "2" 2.9`, `sub 1 "0x10"`, `div 7 2`, `div -7 2`, `div 1 0`, `div 1 "x"`, `mod 7 3`, `mod -7 3`, `mod 1 0`, `max 1 "5" 3.9`, `min 1 "-5" 3.9`, `biggest 1 2`, `max 1`, `maxf 1 2.5 "3.5"`, `minf 1 2.5 "-0.5"`,
	`addf 0.1 0.2`, `addf`, `addf 1e300 1e-300`, `subf 0.3 0.1`, `subf 1`, `mulf 1.1 1.1`, `mulf .f "2" nil`, `divf 1 3`, `divf 2 3`, `divf -2 3`, `divf 1 0`, `divf 10 4 2`, `divf 1e20 3`, `divf 1e-20 3`, `add1f 1.1`, `add1 "9223372036854775807"`, `add1f "x"`, `addf .huge 1`,
	`int .huge`, `int -1e30`, `int "1_000"`, `int "0b11"`, `int "0o17"`, `int "017"`, `int "08"`, `int "1.0"`, `int "1.05"`, `int "1e3"`, `int "0x"`, `int ""`, `int " 1"`, `int "+5"`, `int "9223372036854775808"`, `int "10.00"`, `int "100"`, `int ".0"`,
	`float64 "1_000.5"`, `float64 "0x1p4"`, `float64 "inf"`, `float64 "-Infinity"`, `float64 "nan"`, `float64 "1e400"`, `float64 ".5"`, `float64 "5."`, `float64 "+1.5"`, `float64 "1e"`, `float64 "0x1.8p1"`, `float64 "1__0"`, `float64 "-nan"`, `float64 "0x10"`,
	`atoi "12"`, `atoi "x"`, `atoi "99999999999999999999"`, `atoi "-99999999999999999999"`, `atoi "+7"`, `atoi "1_0"`, `toDecimal "777"`, `toDecimal 644`, `toDecimal "0644"`, `toDecimal "8"`, `toDecimal .f`, `toDecimal nil`,
	`floor 1.7`, `floor -1.2`, `floor "3.9"`, `ceil 1.2`, `ceil -1.7`, `floor nil`, `round 2.5 0`, `round -2.5 0`, `round 1.005 2`, `round 123.556 1 0.6`, `round 5 0 1`, `round 1.25 1 .f`, `round "x" 2`,
	`seq`, `seq 3`, `seq 0`, `seq -2`, `seq 2 4`, `seq 4 2`, `seq 0 2 10`, `seq 10 -3 0`, `seq 10 3 0`, `seq 0 -1 3`, `seq 1 2 3 4`, `seq 1 0 5`,
	`first nil`, `last "x"`, `rest .el`, `initial .el`, `rest (list 1)`, `initial (list 1)`, `first .el`, `last .l`, `reverse .l`, `uniq .l`, `uniq (list 1 1.0 "1" (list 1) (list 1))`, `compact .l`, `compact (list 0 "" nil .em .el false)`, `append .l nil`, `append nil 1`, `append "x" 1`, `prepend .l "x"`, `prepend nil 1`, `push .el 1`, `append (until 2) "x"`,
	`deepEqual .m .m`, `deepEqual .m .m2`, `deepEqual 1 1.0`, `deepEqual (list 1) (list 1)`, `deepEqual (list) (until 0)`, `deepEqual nil nil`, `deepEqual nil .em`, `deepCopy .m`, `deepCopy nil`, `deepCopy .l`, `deepCopy "x"`, `deepCopy (until 2)`, `mustDeepCopy 1`,
	`kindOf .missing`, `typeOf (urlParse "x")`, `typeOf (keys .m)`, `typeOf (splitn "," 2 "a,b")`, `typeOf (regexFindAll "a" "aa" -1)`, `typeOf (until 1)`, `typeOf (untilStep 0 1 1)`, `typeOf (values .m)`, `typeOf (semver "1")`, `typeOf (add 1)`, `typeOf (int 1)`, `typeOf (max 1)`, `typeOf (floor 1)`, `typeOf (get .m "c")`, `typeOf (set .m "a" 1)`, `typeOf (merge .m .m2)`, `typeOf (concat .l)`, `typeOf (slice (until 3) 1)`, `typeOf (sortAlpha .l)`, `typeOf (toStrings .l)`, `typeOf (pluck "a" .m)`, `typeOf (rest .el)`,
	`kindOf (semver "1")`, `kindOf (toDate "2006" "2000")`, `(semver "1.2.3-a.1+b").Major`, `(semver "1.2.3-a.1+b").Prerelease`, `(semver "v1.2.3-a.1+b").Original`, `(semver "1.2.3-a.1+b").Metadata`, `(semver "1.2.3").Compare (semver "1.2.4")`, `(semver "1.2.3").LessThan (semver "1.2.4")`, `(semver "1.2.3").IncMinor.String`, `(semver "v1.2.3-rc1").IncPatch.Original`, `((semver "1.2.3").SetPrerelease "x.1").String`,
	`(toDate "2006-01-02" "2020-02-03").Year`, `(toDate "2006-01-02" "2020-02-03").Month`, `(toDate "2006-01-02" "2020-02-03").Weekday`, `(toDate "2006-01-02" "2020-02-03").Unix`, `(toDate "2006-01-02" "2020-02-03").Format "Jan 2"`, `(toDate "2006-01-02" "2020-02-03").YearDay`, `((toDate "2006-01-02" "2020-01-31").AddDate 0 1 0).Format "2006-01-02"`, `(toDate "2006-01-02" "2020-02-03").Before (toDate "2006" "2021")`, `add 1 (toDate "2006-01-02" "2020-02-03").Month`,
	`derivePassword 1 "long" "password" "user" "example.com"`, `derivePassword 2 "pin" "password" "user" "example.com"`, `derivePassword 1 "nope" "p" "u" "s"`, `buildCustomCert "x" "y"`, `buildCustomCert "!" "y"`, `buildCustomCert "eA==" "!"`, `buildCustomCert "eA==" "eA=="`,
	`genSelfSignedCert "a" (list 1) nil 1`, `genSelfSignedCert "a" (list "x") nil 1`, `genSelfSignedCert "a" nil (list 1) 1`, `genSignedCert "a" nil nil 1 "x"`, `genPrivateKey "foo"`, `randInt 3 3`, `randInt 5 1`, `len (randAlphaNum 7)`, `len (randNumeric -1)`, `len (randBytes 10)`, `len uuidv4`, `len (bcrypt "x")`, `htpasswd "a:b" "c"`, `bcrypt (repeat 80 "x")`, `regexMatch "^[A-Za-z0-9]+$" (randAlphaNum 50)`, `regexMatch "^[0-9]+$" (randNumeric 50)`, `regexMatch "^[A-Za-z]+$" (randAlpha 50)`, `len (shuffle "abc")`, `decryptAES "k" (encryptAES "k" "plain text")`, `decryptAES "k" (encryptAES "k" "")`, `kindOf now`, `typeOf now`, `fail "boom"`,
	`upper "ß ŉ ǰ ﬁ ᾳ"`, `lower "İI Σ ΑΣ"`, `upper "abc\xffd"`, `lower "ABC\xffD"`, `lower "abc\xffd"`, `title "hello wORLD foo_bar foo-bar don't"`, `indent 2 "a\n\nb\n"`, `nindent 4 ""`, `indent -1 "x"`, `nindent 2 "a\r\nb"`, `trunc -5 "hello world"`, `trunc -50 "hello"`, `trunc 3 "héllo"`, `trunc 0 "x"`,
	`nospace "a b\u00a0c é"`, `nospace "é"`, `initials "First Try é"`, `trimall "a" "abca"`, `contains "" "x"`, `contains "x" ""`, `hasPrefix "" ""`, `hasSuffix "b" "ab"`,
}

// With an argument other calls are drawn, and more of them: that many for each function.
func main() {
	seed, many := int64(0), 0
	if len(os.Args) > 1 {
		many, _ = strconv.Atoi(os.Args[1])
		seed = int64(many)
	}
	funcs := sprig.TxtFuncMap()
	delete(funcs, "env")
	delete(funcs, "expandenv")
	funcs["fail"] = func(s string) (string, error) { return "", errors.New(s) }
	var result string
	funcs["dump"] = func(v reflect.Value) string { // a reflect.Value, so that nil gets through
		if !v.IsValid() {
			result = "nil"
			return ""
		}
		result = dump(v.Interface())
		return ""
	}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	fmt.Fprintln(out, data)
	seen := map[string]bool{}
	record := func(call string) {
		// The order of keys and values, and broken UTF-8 in a message, are not for comparing; a copied version is empty.
		unordered := (strings.HasPrefix(call, "keys ") || strings.HasPrefix(call, "values ")) && (strings.Contains(call, ".m") || strings.Contains(call, `"b"`))
		odd := strings.HasPrefix(call, "fail \"\\x") || strings.Contains(call, "eepCopy (semver")
		if seen[call] || unordered && !strings.Contains(call, "| sortAlpha") || odd || strings.ContainsAny(call, "\t\n") {
			return
		}
		seen[call] = true
		t, err := template.New("c").Option("missingkey=zero").Funcs(funcs).Parse("{{ dump (" + call + ") }}")
		if err != nil {
			return
		}
		var b bytes.Buffer
		result = ""
		if err := t.Execute(&b, fresh()); err != nil {
			message := strconv.Quote(place.ReplaceAllString(err.Error(), ""))
			fmt.Fprintf(out, "%s\t! %s\n", call, message)
			return
		}
		fmt.Fprintf(out, "%s\t%s\n", call, result)
	}
	names := []string{}
	for name := range funcs {
		if !skipped[name] && name != "dump" {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	for _, name := range names {
		typ := reflect.TypeOf(funcs[name])
		random := rand.New(rand.NewSource(int64(len(name))*7919 + seed))
		pools := special[name]
		wrong := [][]string{}
		if pools == nil {
			for i := range typ.NumIn() {
				in := typ.In(i)
				if typ.IsVariadic() && i == typ.NumIn()-1 {
					in = in.Elem()
				}
				pools = append(pools, pool(in))
			}
		}
		for i := range typ.NumIn() {
			in := typ.In(i)
			if typ.IsVariadic() && i == typ.NumIn()-1 {
				in = in.Elem()
			}
			wrong = append(wrong, wrongs(in))
		}
		total := 1
		for _, p := range pools {
			total *= len(p)
		}
		calls := 0
		limit := 24
		if special[name] != nil {
			limit = 60
		}
		if strings.HasPrefix(name, "semverC") || strings.HasPrefix(name, "regex") && !strings.HasSuffix(name, "Literal") || name == "date" || name == "toDate" || name == "mustToDate" {
			limit = 220
		}
		limit = max(limit, many)
		if total <= limit && !typ.IsVariadic() {
			for n := range total {
				words := []string{name}
				for _, p := range pools {
					words = append(words, p[n%len(p)])
					n /= len(p)
				}
				record(strings.Join(words, " "))
			}
		} else {
			for calls < limit {
				words := []string{name}
				for i, p := range pools {
					times := 1
					if typ.IsVariadic() && i == len(pools)-1 {
						times = random.Intn(4)
					}
					for range times {
						words = append(words, p[random.Intn(len(p))])
					}
				}
				record(strings.Join(words, " "))
				calls++
			}
		}
		// One argument of a wrong kind at a time, and too few of them.
		for i := range pools {
			if i >= len(wrong) {
				break
			}
			for _, w := range wrong[i] {
				words := []string{name}
				for j, p := range pools {
					if i == j {
						words = append(words, w)
					} else {
						words = append(words, p[0])
					}
				}
				record(strings.Join(words, " "))
			}
		}
		if typ.NumIn() > 0 {
			record(name)
			words := []string{name}
			for _, p := range pools {
				words = append(words, p[0])
			}
			record(strings.Join(append(words, `"more"`), " "))
		}
	}
	for _, call := range extra {
		record(call)
	}
	random := rand.New(rand.NewSource(1 + seed))
	for range max(50, many) {
		for _, name := range []string{"merge", "mergeOverwrite", "mustMerge", "mustMergeOverwrite"} {
			words := []string{name}
			for range 2 + random.Intn(2) {
				words = append(words, tree(random, 3))
			}
			record(strings.Join(words, " "))
		}
		a, b := tree(random, 2), tree(random, 2)
		record("deepEqual " + a + " " + b)
		record("deepCopy " + a)
		record("uniq (list " + a + " " + b + " " + a + ")")
	}
}

// A map to be merged, with few keys, so that they meet.
func tree(random *rand.Rand, depth int) string {
	words := []string{"dict"}
	for _, key := range []string{`"a"`, `"b"`, `"c"`} {
		if random.Intn(3) == 0 {
			continue
		}
		leaves := []string{`nil`, `""`, `"x"`, `0`, `1`, `false`, `true`, `0.0`, `(list)`, `(list 1)`, `(list 2 3)`, `(dict)`, `.n`, `.el`, `(until 0)`}
		value := leaves[random.Intn(len(leaves))]
		if depth > 0 && random.Intn(2) == 0 {
			value = tree(random, depth-1)
		}
		words = append(words, key, value)
	}
	return "(" + strings.Join(words, " ") + ")"
}

func pool(t reflect.Type) []string {
	switch t.String() {
	case "string":
		return strs
	case "int":
		return ints
	case "float64":
		return floats
	case "uint32":
		return uints
	case "map[string]interface {}":
		return maps
	case "time.Time":
		return times
	case "bool":
		return []string{"true", "false"}
	}
	return anys
}

func wrongs(t reflect.Type) []string {
	switch t.String() {
	case "string":
		return wrongStrs
	case "int":
		return wrongInts
	case "map[string]interface {}":
		return wrongMaps
	case "time.Time":
		return wrongTimes
	case "bool":
		return []string{`1`, `"x"`, `.n`, `nil`}
	case "float64":
		return []string{`"x"`, `nil`}
	}
	return nil
}
