//! Three-valued logic: what is unknown proves nothing, neither a condition nor its opposite.

/// Whether a condition holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Truth {
    False,
    Unknown,
    True,
}

impl Truth {
    pub(crate) fn of(value: bool) -> Truth {
        if value { Truth::True } else { Truth::False }
    }

    pub(crate) fn opposite(self) -> Truth {
        match self {
            Truth::False => Truth::True,
            Truth::Unknown => Truth::Unknown,
            Truth::True => Truth::False,
        }
    }

    pub(crate) fn holds(self) -> bool {
        self == Truth::True
    }

    /// All hold: false as soon as one is false.
    pub(crate) fn all(truths: impl IntoIterator<Item = Truth>) -> Truth {
        let mut result = Truth::True;
        for truth in truths {
            match truth {
                Truth::False => return Truth::False,
                Truth::Unknown => result = Truth::Unknown,
                Truth::True => {}
            }
        }
        result
    }

    /// Some holds: true as soon as one is true.
    pub(crate) fn any(truths: impl IntoIterator<Item = Truth>) -> Truth {
        let mut result = Truth::False;
        for truth in truths {
            match truth {
                Truth::True => return Truth::True,
                Truth::Unknown => result = Truth::Unknown,
                Truth::False => {}
            }
        }
        result
    }
}
