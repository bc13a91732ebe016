//! The targets run on stable too: seeds and simple mutations of them, the same ones each time.

struct Dice(u64);

impl Dice {
    fn roll(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n.max(1)
    }
}

const YAML: &[&str] = &[
    "a: 1\nb: [x, {y: z}]\nc: &x |2-\n   text\n\nd: *x\n<<: {e: f}\n---\n- 'it''s'\n- \"\\u00e9\\n\"\n# end\n",
    "? k\n: v\n? [a]\n: - b\n  - - c\nlong: >+\n  folded\n  text\n\n\n!!binary aGk=: ~\n",
    "%YAML 1.2\n---\n{{ x }}\n...\n---\n\u{feff}a:\tb\r\nc: \"x\ny\"\n",
];

const TEMPLATES: &[&str] = &[
    "{{ include \"h\" .Values }}\n{{- range $k, $v := .Values }}\n{{ $k }}: {{ $v | quote }}\n{{- end }}\0a: {b: [1, 2.5, x]}\nc: yes\n",
    "{{ $x := .Values.a }}{{ if and $x (eq $x.b 1.0) }}{{ tpl \"{{ .Values.c }}\" . }}{{ else with .Values.c }}{{ . }}{{ end }}\0a: {b: 1}\nc: '{{ .Release.Name }}'\n",
    "{{ define \"x\" }}{{ template \"x\" . }}{{ end }}{{ template \"x\" . }}{{/* c */}}\0{}",
    "{{ .Files.Get \"files/x.txt\" | toJson | fromJsonArray }}{{ printf \"%5.2f|%-4s|%v\" .Values.f \"s\" .Values }}\0f: 1e6\n",
    "{{ range until 100000 }}{{ $.Values | toYaml | fromYaml | toPrettyJson }}{{ end }}\0a: [1, [2, {b: c}]]\n",
    "{{ index .Values \"a\" 0 \"b\" }}{{ slice \"abc\" 1 2 }}{{ len .Values.a }}{{ break }}\0a: [{b: 1}]\n",
];

const VALUES: &[&[u8]] = &[
    b"\x1fkey\xff\x04text\nmore\n\xffb\xff\x16\x04yes\xff\x02\x01\0\0\0\0\0\0\0c\xff\x03\0\0\0\0\0\x88\xc3\x40",
    b"\x3ea long string that is folded at eighty columns because it is longer than that, it is\xff\x04 a: b #c\xff",
];

fn run(target: fn(&[u8]), seeds: &[&[u8]], rounds: usize) {
    let mut dice = Dice(9);
    for seed in seeds {
        target(seed);
    }
    for round in 0..rounds {
        let mut data = seeds[round % seeds.len()].to_vec();
        for _ in 0..=dice.roll(4) {
            let at = dice.roll(data.len());
            match dice.roll(5) {
                0 => data[at] = dice.roll(256) as u8,
                1 => data.insert(at, b" \n:-{}[]|.\"'$\\()0a\xc3"[dice.roll(19)]),
                2 => drop(data.remove(at)),
                3 => data.truncate(at.max(1)),
                _ => {
                    let other = seeds[dice.roll(seeds.len())];
                    let from = dice.roll(other.len());
                    let piece = other[from..(from + 12).min(other.len())].to_vec();
                    data.splice(at..at, piece);
                }
            }
            if data.is_empty() {
                data.push(b'a');
            }
        }
        target(&data);
    }
}

fn rounds(default: usize) -> usize {
    std::env::var("DDLINT_FUZZ_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

#[test]
fn yaml_parse() {
    let seeds: Vec<&[u8]> = YAML.iter().map(|text| text.as_bytes()).collect();
    run(ddlint_fuzz::yaml_parse, &seeds, rounds(3000));
}

#[test]
fn template_render() {
    let seeds: Vec<&[u8]> = TEMPLATES.iter().map(|text| text.as_bytes()).collect();
    run(ddlint_fuzz::template_render, &seeds, rounds(1500));
}

#[test]
fn to_yaml() {
    run(ddlint_fuzz::to_yaml, VALUES, rounds(5000));
}
