//! Numbers as Go's `strconv.FormatFloat(f, 'g', -1, 64)` writes them: where YAML turns a number into text.

/// The shortest digits that give the number back, with an exponent from a million on.
pub(crate) fn format_g(f: f64) -> String {
    if f.is_nan() {
        return "NaN".to_string();
    }
    if f.is_infinite() {
        return if f > 0.0 { "+Inf".to_string() } else { "-Inf".to_string() };
    }
    let scientific = format!("{f:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.abs());
    }
    format!("{f}")
}

#[cfg(test)]
mod tests {
    use super::format_g;

    #[test]
    fn as_go_writes_them() {
        for (f, text) in [
            (1.1, "1.1"),
            (2.0, "2"),
            (100000.0, "100000"),
            (1000000.0, "1e+06"),
            (1234567.5, "1.2345675e+06"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (-1.5, "-1.5"),
            (1e21, "1e+21"),
        ] {
            assert_eq!(format_g(f), text);
        }
    }
}
