//! Whether a payload matches: one pass over its text.

use super::{
    condition::Present,
    read::Values,
    scope::{Field, Outcome, Scope, Test},
};
use crate::json::{Cursor, DamagedData};

/// What was seen of a field so far.
#[derive(Debug, Default)]
struct Seen {
    /// Something the field's test is about: a value, or an object.
    any: bool,
    /// The test holds of one of them.
    holds: bool,
    /// It does not hold of one of them, not even by absence.
    refused: bool,
}

/// What comes of the whole data.
pub(super) fn outcome(scope: &Scope, data: &str) -> Result<Outcome, DamagedData> {
    let mut cursor = Cursor::new(data);
    if cursor.peek()? != b'{' {
        return Ok(scope.of_nothing);
    }
    of_object(scope, &mut cursor)
}

fn of_object(scope: &Scope, cursor: &mut Cursor<'_>) -> Result<Outcome, DamagedData> {
    let mut seen: Vec<Seen> = scope.fields.iter().map(|_| Seen::default()).collect();
    cursor.enter_object()?;
    while let Some(name) = cursor.next_key()? {
        let value = *cursor;
        let mut is_behind = false;
        for (field, seen) in scope.fields.iter().zip(&mut seen) {
            if field.name == name {
                *cursor = value;
                field.look_at(cursor, seen)?;
                is_behind = true;
            }
        }
        if !is_behind {
            cursor.skip()?;
        }
    }
    let of = |index: usize| match (scope.fields.get(index), seen.get(index)) {
        (Some(field), Some(seen)) => field.outcome(seen),
        _ => Outcome::No,
    };
    Ok(scope.formula.outcome(&of))
}

impl Field {
    fn look_at(&self, cursor: &mut Cursor<'_>, seen: &mut Seen) -> Result<(), DamagedData> {
        cursor.for_each_element(|cursor, first| match (&self.test, first) {
            (Test::Values(_), b'{') => cursor.skip(),
            (Test::Values(values), _) => {
                seen.any = true;
                if seen.holds {
                    return cursor.skip();
                }
                let scalar = cursor.scalar()?;
                seen.holds = values.hold(&Present::from(&scalar));
                Ok(())
            }
            (Test::Object(scope), b'{') => {
                seen.any = true;
                if seen.holds {
                    return cursor.skip();
                }
                match of_object(scope, cursor)? {
                    Outcome::ByPresence => seen.holds = true,
                    Outcome::ByAbsence => {}
                    Outcome::No => seen.refused = true,
                }
                Ok(())
            }
            (Test::Object(_), _) => cursor.skip(),
        })
    }

    /// What came of the field in one object. Of several objects in a list, one is enough that has
    /// something; where nothing but absence is asked for, it must be absent from all.
    fn outcome(&self, seen: &Seen) -> Outcome {
        match &self.test {
            _ if seen.holds => Outcome::ByPresence,
            Test::Values(_) if seen.any => Outcome::No,
            Test::Object(_) if seen.refused => Outcome::No,
            test => test.of_nothing(),
        }
    }
}

impl Values {
    fn hold(&self, value: &Present<'_>) -> bool {
        self.conditions.iter().any(|condition| condition.holds(value))
    }
}
