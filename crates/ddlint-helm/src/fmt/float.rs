//! Floating-point numbers in Go's notation: `strconv.FormatFloat`.
//!
//! Deliberately absent: `%b`, and JSON's notation (see the JSON encoder).

/// The notation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Style {
    /// `d.dddde±dd`
    E,
    /// `ddd.ddd`
    F,
    /// The shorter of both.
    G,
}

/// `strconv.FormatFloat(value, 'g', -1, 64)`, what `%v` prints.
pub(crate) fn shortest(value: f64) -> String {
    format(value, Style::G, None)
}

/// `strconv.FormatFloat`; no precision means as many digits as the number needs.
pub(crate) fn format(value: f64, style: Style, precision: Option<usize>) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value < 0.0 { "-Inf" } else { "+Inf" }.to_owned();
    }
    match (style, precision) {
        (Style::F, Some(precision)) => format!("{value:.precision$}"),
        (Style::F, None) => format!("{value}"),
        (Style::E, Some(precision)) => go_exponent(&format!("{value:.precision$e}")),
        (Style::E, None) => go_exponent(&scientific(value)),
        (Style::G, precision) => general(value, precision),
    }
}

/// The shortest digits in Rust's notation, `1.5e6`. Two shortest numbers can be equally near; Go takes the even one
/// then. Only long numbers have such twins.
pub(crate) fn scientific(value: f64) -> String {
    let text = format!("{value:e}");
    let digits = text.bytes().take_while(|&b| b != b'e').filter(u8::is_ascii_digit).count();
    if digits >= 15 {
        let decimals = digits - 1;
        let even = format!("{value:.decimals$e}");
        if even.parse() == Ok(value) {
            return even;
        }
    }
    text
}

/// Rust writes `1e6`, Go `1e+06`.
fn go_exponent(text: &str) -> String {
    let Some((mantissa, exponent)) = text.split_once('e') else { return text.to_owned() };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

fn general(value: f64, precision: Option<usize>) -> String {
    let scientific = match precision {
        None => scientific(value),
        Some(precision) => {
            let digits = precision.max(1) - 1;
            trim_zeros(&format!("{value:.digits$e}"))
        }
    };
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let digit_count = mantissa.bytes().filter(u8::is_ascii_digit).count() as i32;
    let threshold = match precision {
        None => 6,
        Some(precision) => {
            let precision = precision.max(1) as i32;
            if precision > digit_count && digit_count > exponent { digit_count } else { precision }
        }
    };
    if exponent < -4 || exponent >= threshold {
        return go_exponent(&scientific);
    }
    match precision {
        None => format!("{value}"),
        Some(_) => {
            let decimals = (digit_count - 1 - exponent).max(0) as usize;
            format!("{value:.decimals$}")
        }
    }
}

fn trim_zeros(scientific: &str) -> String {
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific.to_owned() };
    let mantissa =
        if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { mantissa };
    format!("{mantissa}e{exponent}")
}

#[cfg(test)]
mod tests {
    use super::shortest;

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
            (-1_656_057_789_129_222.3, "-1.6560577891292222e+15"),
        ] {
            assert_eq!(shortest(f), text);
        }
    }
}
