//! The order of mapping keys: as a person would sort them, numbers inside by their value.
//!
//! The comparison is not a total order (digits with leading zeros can go round in a circle), so the standard
//! library's sort must not be used with it; [`sort`] accepts any comparison.

use super::Flavour;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

fn is_letter(c: char) -> bool {
    match c.is_ascii() {
        true => c.is_ascii_alphabetic(),
        false => c.general_category_group() == GeneralCategoryGroup::Letter,
    }
}

fn is_digit(c: char) -> bool {
    match c.is_ascii() {
        true => c.is_ascii_digit(),
        false => c.general_category() == unicode_properties::GeneralCategory::DecimalNumber,
    }
}

/// Whether `a` stands before `b`: letters after everything else; go-yaml v3 puts letters first directly after a
/// digit.
pub(super) fn before(flavour: Flavour, a: &str, b: &str) -> bool {
    let same = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    // Back to the beginning of a character.
    let same = (0..=same).rev().find(|&at| a.is_char_boundary(at) && b.is_char_boundary(at)).unwrap_or(0);
    let (common, rest_a) = a.split_at(same);
    let (_, rest_b) = b.split_at(same);
    let (Some(first_a), Some(first_b)) = (rest_a.chars().next(), rest_b.chars().next()) else {
        return rest_a.len() < rest_b.len();
    };
    match (is_letter(first_a), is_letter(first_b)) {
        (true, true) => return first_a < first_b,
        (false, false) => {}
        (a_letter, b_letter) => {
            let after_digit = flavour == Flavour::V3 && common.chars().next_back().is_some_and(is_digit);
            return if after_digit { a_letter } else { b_letter };
        }
    }
    // A difference inside a number that has begun before: the digits there count as a leading one.
    let inside = (first_a == '0' || first_b == '0')
        && common.chars().rev().take_while(|&c| is_digit(c)).any(|c| c != '0');
    let (number_a, count_a) = number(rest_a, inside);
    let (number_b, count_b) = number(rest_b, inside);
    if number_a != number_b {
        return number_a < number_b;
    }
    if count_a != count_b {
        return count_a < count_b;
    }
    first_a < first_b
}

fn number(text: &str, inside: bool) -> (i64, usize) {
    text.chars().take_while(|&c| is_digit(c)).fold((i64::from(inside), 0), |(sum, count), c| {
        (sum.wrapping_mul(10).wrapping_add(i64::from(u32::from(c)) - i64::from(u32::from('0'))), count + 1)
    })
}

/// A stable merge sort that does no harm whatever the comparison says.
pub(super) fn sort<T>(items: Vec<T>, before: &impl Fn(&T, &T) -> bool) -> Vec<T> {
    if items.windows(2).all(|pair| matches!(pair, [a, b] if !before(b, a))) {
        return items;
    }
    let mut left = items;
    let right = left.split_off(left.len() / 2);
    let (left, right) = (sort(left, before), sort(right, before));
    let mut out = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    loop {
        let take_right = match (left.peek(), right.peek()) {
            (Some(l), Some(r)) => before(r, l),
            (None, Some(_)) => true,
            (_, None) => false,
        };
        match if take_right { right.next() } else { left.next() } {
            Some(item) => out.push(item),
            None => return out,
        }
    }
}
