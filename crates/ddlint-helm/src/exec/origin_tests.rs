//! Which origins text has after it went through the template language.

use super::Recording;
use super::tests::{render, shown};
use crate::exec::meter::Limits;

/// Each run of the output with the values it shows and, after `?`, the values that were only tested.
fn check(template: &str, values: &str, want: &str) {
    let (result, origins) = render::<Recording>(template, values, Limits::default());
    let text = result.expect("the template renders");
    let got = shown(&text, &origins);
    assert_eq!(got, want, "{template}");
}

#[test]
fn literal_text_and_printed_values() {
    check("a: {{ .x }}!", "x: 1", "«a: » «1»$['x'] «!»");
    check("{{ .a }}{{ .b }}", "{a: x, b: z}", "«x»$['a'] «z»$['b']");
    check("{{ .a.b.c }}", "a: {b: {c: 1}}", "«1»$['a']['b']['c']");
    check("{{ .l }}", "l: [x, z]", "«[»$['l'] «x»$['l'][0] « »$['l'] «z»$['l'][1] «]»$['l']");
    check("{{ printf \"%s:%v\" .a .b }}", "{a: x, b: 2}", "«x»$['a'] «:» «2»$['b']");
    check("{{ \"x\" | printf \"%s-%s\" .a }}", "a: z", "«z»$['a'] «-x»");
}

#[test]
fn conditions_around_text() {
    check("{{ if .x }}yes{{ end }}", "x: true", "«yes»?$['x']");
    check(
        "{{ if .x }}yes{{ else }}no {{ .q }}{{ end }}",
        "{x: false, q: 1}",
        "«no »?$['x'] «1»$['q']?$['x']",
    );
    check("{{ if .x }}a{{ else if .q }}b{{ end }}", "{x: false, q: 1}", "«b»?$['q'],$['x']");
    check("{{ if and .x .q }}a{{ end }}", "{x: 1, q: 1}", "«a»?$['q'],$['x']");
    check("{{ if or .x .q }}a{{ end }}", "{x: 1, q: 1}", "«a»?$['x']");
    check("{{ if eq .x \"p\" }}a{{ end }}", "x: p", "«a»?$['x']");
    check("{{ or .x .q }}", "{x: '', q: z}", "«z»$['q']?$['x']");
    check("{{ with .x }}{{ . }}-{{ end }}", "x: v", "«v»$['x'] «-»?$['x']");
    check("{{ range .l }}{{ . }},{{ end }}", "l: [a]", "«a»$['l'][0]?$['l'] «,»?$['l']");
    check("{{ range $k, $v := .m }}{{ $k }}{{ end }}", "m: {a: 1}", "«a»$['m']");
    check("{{ if .x }}{{ if .q }}a{{ end }}b{{ end }}c", "{x: 1, q: 1}", "«a»?$['q'],$['x'] «b»?$['x'] «c»");
}

#[test]
fn variables_carry_what_decided_their_value() {
    check(
        "{{ $v := .a }}{{ if .c }}{{ $v = .b }}{{ end }}{{ $v }}",
        "{a: 1, b: 2, c: true}",
        "«2»$['b']?$['c']",
    );
    // The assignment that was not executed decided as well.
    check(
        "{{ $v := .a }}{{ if .c }}{{ $v = .b }}{{ end }}{{ $v }}",
        "{a: 1, b: 2, c: false}",
        "«1»$['a']?$['c']",
    );
    check(
        "{{ $v := .m }}{{ if .c }}{{ $v = .n }}{{ end }}{{ $v.x }}",
        "{m: {x: 1}, n: {x: 2}, c: 0}",
        "«1»$['m']['x']?$['c']",
    );
    check(
        "{{ $v := .m }}{{ if .c }}{{ $v = omit $v \"x\" }}{{ end }}{{ toYaml $v }}",
        "{m: {x: [1]}, c: 0}",
        "«x» «:»$['m']?$['c'] «\n- »$['m']['x']?$['c'] «1»$['m']['x'][0]?$['c']",
    );
}

#[test]
fn through_include_and_tpl() {
    let define = "{{ define \"n\" }}{{ if .c }}{{ .x }}{{ end }}{{ end }}";
    check(&format!("{define}{{{{ include \"n\" . }}}}"), "{c: 1, x: v}", "«v»$['x']?$['c']");
    check(
        &format!("{define}{{{{ if .d }}}}{{{{ include \"n\" . }}}}{{{{ end }}}}"),
        "{c: 1, d: 1, x: v}",
        "«v»$['x']?$['c'],$['d']",
    );
    // A template that prints nothing says what decided so.
    check(
        &format!("{define}{{{{ if include \"n\" . }}}}a{{{{ else }}}}b{{{{ end }}}}"),
        "{c: 0, x: v}",
        "«b»?$['c']",
    );
    check("{{ tpl .t . }}", "{t: 'a {{ .x }}', x: v}", "«a »$['t'] «v»$['x']");
    check("{{ tpl .t . }}", "{t: '{{ if .x }}a{{ end }}', x: v}", "«a»$['t']?$['x']");
    check("{{ tpl .t . }}", "{t: '{{ \"lit\" }}'}", "«lit»$['t']");
    check("{{ tpl .t . }}", "{t: 'plain'}", "«plain»$['t']");
}

/// The evidence for the text between `[` and `]` of the output.
fn check_between(template: &str, values: &str, lines: bool, want: &str) {
    let (result, origins) = render::<Recording>(template, values, Limits::default());
    let text = result.expect("the template renders");
    let at = |b: u8| text.bytes().iter().position(|x| *x == b).expect("the marks are in the output") as u32;
    let evidence = crate::text::evidence(text.segments(), &origins, at(b'[') + 1, at(b']'), lines);
    let mut table = origins.clone();
    let union = evidence.iter().fold(Default::default(), |sum, (origin, _)| table.union(sum, *origin));
    let got = shown(&crate::text::Text::new("x", union), &table);
    assert_eq!(got, format!("«x»{want}"), "{template}");
}

#[test]
fn what_decided_that_nothing_is_written() {
    let image = "[{{ .r }}{{ if .d }}@{{ .d }}{{ end }}]";
    check_between(image, "{r: nginx, d: ''}", false, "$['r']?$['d']");
    check_between(image, "{r: nginx, d: 'x'}", false, "$['d'],$['r']");
    check_between("[{{ .r }}{{ .d }}]", "{r: nginx, d: ''}", false, "$['d'],$['r']");
    check_between("[{{ .r }}{{ .d }}]", "{r: nginx, d: null}", false, "$['d'],$['r']");
    check_between("[{{ .r }}{{ range .l }},{{ . }}{{ end }}]", "{r: nginx, l: []}", false, "$['r']?$['l']");
    check_between("[a{{ with .d }}b{{ else }}{{ end }}]", "{d: ''}", false, "?$['d']");
    // Lines that are absent are other fields, unless the range is made of lines.
    let lines = "[{{ .r }}{{- if .d }}\nd: 1{{ end }}]";
    check_between(lines, "{r: 1, d: ''}", false, "$['r']");
    check_between(lines, "{r: 1, d: ''}", true, "$['r']?$['d']");
    check_between("[{{ .r }}{{- if .d }}{{ .d | nindent 2 }}{{ end }}]", "{r: 1, d: ''}", false, "$['r']");
    // Through include, printf and other functions that keep runs.
    let define = "{{ define \"i\" }}{{ .r }}{{ if .d }}@{{ .d }}{{ end }}{{ end }}";
    check_between(&format!("{define}[{{{{ include \"i\" . }}}}]"), "{r: n, d: ''}", false, "$['r']?$['d']");
    check_between(
        &format!("{define}[{{{{ include \"i\" . | printf \"%s-%s\" .r }}}}]"),
        "{r: n, d: ''}",
        false,
        "$['r']?$['d']",
    );
    // Nothing is said about text that could not be here.
    check_between("{{ if .d }}x{{ end }} [{{ .r }}] {{ if .d }}x{{ end }}", "{r: 1, d: ''}", false, "$['r']");
}

#[test]
fn no_value_is_cut_out_between_runs() {
    check("a{{ .nope }}b", "x: 1", "«a» «»$['nope'] «b»");
    check("{{ .x }}{{ .nope }}{{ .x }}", "x: 1", "«1»$['x'] «»$['nope'] «1»$['x']");
    check("{{ .m.x }}{{ .m.nope }}", "m: {x: 1}", "«1»$['m']['x'] «»$['m']['nope']");
}

#[test]
fn runaway_templates_end_with_the_line() {
    let limits = Limits { steps: 10_000, output: 10_000, depth: 100 };
    for (template, reason) in [
        ("\n{{ range 1000000 }}{{ end }}", "more than 10000 steps"),
        ("\n{{ range 5000 }}abcdefgh{{ end }}", "more than 10000 bytes of output"),
        (
            "{{ define \"r\" }}{{ template \"r\" . }}{{ end }}\n{{ template \"r\" . }}",
            "exceeded maximum template depth",
        ),
        (
            "{{ define \"r\" }}{{ include \"r\" . }}{{ end }}\n{{ include \"r\" . }}",
            "more than 100 templates open",
        ),
        ("{{ define \"r\" }}{{ tpl . . }}{{ end }}\n{{ tpl .t . }}", "more than 100 templates open"),
    ] {
        let values = "t: '{{ tpl .t . }}'";
        let (result, _) = render::<Recording>(template, values, limits);
        let message = result.expect_err(template);
        assert!(message.contains(reason), "{message}");
        assert!(message.starts_with("template: c/templates/a.yaml:"), "{message}");
    }
}

#[test]
fn a_text_put_together_in_a_loop_stays_small() {
    let template = "{{ $s := \"\" }}{{ range .l }}{{ if . }}{{ $s = printf \"%s%s\" $s . }}{{ end }}{{ end }}{{ len $s }}";
    let values = format!("l: [{}]", "a,".repeat(1_000));
    let (result, mut origins) = render::<Recording>(template, &values, Limits::default());
    assert_eq!(result.expect("the template renders").bytes(), b"1000");
    let newest = origins.leaf(|| crate::origin::Leaf::Release("x".into()));
    assert!(newest.0 < 100_000, "{} origins were made", newest.0);
}

#[test]
fn deep_nesting_is_an_error_and_not_a_crash() {
    for template in [
        "{{ (".repeat(5_000),
        format!("{{{{ {}1{} }}}}", "(".repeat(5_000), ")".repeat(5_000)),
        "{{ if . }}".repeat(5_000),
        "{{ if . }}{{ else if . }}".repeat(5_000),
        format!("{}{}", "{{ with . }}".repeat(900), "{{ end }}".repeat(900)),
    ] {
        let (result, _) = render::<Recording>(&template, "x: 1", Limits::default());
        assert_eq!(result.is_ok(), template.contains("{{ end }}"), "{}", &template[..40]);
    }
}
