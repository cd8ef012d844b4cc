//! A balanced panel: the same evenly spaced times for every unit, one value for each. What is not balanced is refused with
//! the line that shows it; nothing is filled in, because a filled gap would look like a measured day.

use std::collections::BTreeMap;

use super::time::{NotATime, Step, Time};

/// A panel has at most this many units; larger ones are refused.
pub const UNITS_MAX: usize = 2_000;
/// A panel has at most this many times; longer ones are refused.
pub const TIMES_MAX: usize = 5_000;
/// A value's size is at most this; larger ones are refused, so that squares and sums stay finite.
pub const VALUE_MAX: f64 = 1e15;

/// Units × times of values, such as hosts × days of sales. Always balanced and finite.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    units: Vec<String>,
    times: Vec<Time>,
    /// Unit by unit.
    values: Vec<f64>,
    step: Step,
}

/// Why rows are no panel. Lines count from 1, the header included.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PanelError {
    /// The text is not CSV.
    #[error("line {line}: the row cannot be read: {reason}")]
    Unreadable {
        /// Where.
        line: u64,
        /// What the reader said.
        reason: String,
    },
    /// There is no row below the header, or no header.
    #[error("the series has no rows")]
    Empty,
    /// The header lacks a column.
    #[error("the header has no column {column:?} (it needs unit, time and value)")]
    NoColumn {
        /// Which.
        column: &'static str,
    },
    /// The unit's name is empty.
    #[error("line {line}: the unit has no name")]
    NoUnit {
        /// Where.
        line: u64,
    },
    /// The time is neither a date nor a whole number.
    #[error("line {line}: the time {source}")]
    NotATime {
        /// Where.
        line: u64,
        /// What stands there.
        source: NotATime,
    },
    /// Dates and whole numbers stand in one file.
    #[error("line {line}: the times mix dates and whole numbers")]
    MixedTimes {
        /// Where the second kind first stands.
        line: u64,
    },
    /// The value is not a finite number of a sane size.
    #[error("line {line}: the value {text:?} is not a number between -1e15 and 1e15")]
    NotANumber {
        /// Where.
        line: u64,
        /// What stands there.
        text: String,
    },
    /// A unit has two values for one time.
    #[error("line {line}: {unit:?} at {time} stands on line {first} already")]
    Duplicate {
        /// Where the second one stands.
        line: u64,
        /// Where the first one stands.
        first: u64,
        /// Whose.
        unit: String,
        /// When.
        time: Time,
    },
    /// A unit lacks a time that others have.
    #[error("{unit:?} has no row for {time} (its rows begin on line {line})")]
    Gap {
        /// Where the unit's rows begin.
        line: u64,
        /// Whose.
        unit: String,
        /// When.
        time: Time,
    },
    /// No unit has a time that the spacing asks for.
    #[error(
        "line {line}: {after} is followed by {before}, though other times lie closer together: a time is missing"
    )]
    MissingTime {
        /// Where `before` first stands.
        line: u64,
        /// The time before the hole.
        after: Time,
        /// The time behind it.
        before: Time,
    },
    /// More units or times than a panel holds.
    #[error("the series has {found} {what}, more than {most}")]
    TooLarge {
        /// `units` or `times`.
        what: &'static str,
        /// How many.
        found: usize,
        /// How many there may be.
        most: usize,
    },
    /// There are not as many values as units × times.
    #[error("{found} values do not fill {units} units × {times} times")]
    Shape {
        /// Values.
        found: usize,
        /// Units.
        units: usize,
        /// Times.
        times: usize,
    },
}

/// One row as read.
struct Cell {
    line: u64,
    value: f64,
}

impl Panel {
    /// A panel of rows that are in memory. `values` stand unit by unit, `units.len() × times.len()` of them; `times` ascend.
    ///
    /// # Errors
    /// As for CSV text; a line is the place of the unit, time or value in its list, counted from 1.
    pub fn new(units: Vec<String>, times: Vec<Time>, values: Vec<f64>) -> Result<Self, PanelError> {
        if values.len() != units.len() * times.len() {
            let (units, times) = (units.len(), times.len());
            return Err(PanelError::Shape { found: values.len(), units, times });
        }
        if values.is_empty() {
            return Err(PanelError::Empty);
        }
        check_size(units.len(), times.len())?;
        let mut seen = BTreeMap::new();
        for (unit, line) in units.iter().zip(1..) {
            if unit.is_empty() {
                return Err(PanelError::NoUnit { line });
            }
            if let Some(first) = seen.insert(unit, line) {
                return Err(PanelError::Duplicate {
                    line,
                    first,
                    unit: unit.clone(),
                    time: times[0],
                });
            }
        }
        for (value, line) in values.iter().zip(1..) {
            if !is_sane(*value) {
                return Err(PanelError::NotANumber { line, text: value.to_string() });
            }
        }
        let step = step_of(&times, |place| place as u64 + 1)?;
        Ok(Self { units, times, values, step })
    }

    /// Reads CSV with a header that has the columns `unit`, `time` and `value`, in any order and case; further columns are
    /// ignored, rows may come in any order. Columns are separated by commas, or by semicolons or tabs when the header has no
    /// comma. Units come out sorted by name.
    ///
    /// # Errors
    /// [`PanelError`] with the line of the first row that is no part of a balanced panel.
    pub fn from_csv(text: &str) -> Result<Self, PanelError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter(text))
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let columns = columns(reader.headers().map_err(unreadable)?)?;
        let mut rows: BTreeMap<String, BTreeMap<Time, Cell>> = BTreeMap::new();
        let mut lines: BTreeMap<Time, u64> = BTreeMap::new();
        for record in reader.records() {
            let record = record.map_err(unreadable)?;
            let line = record.position().map_or(0, csv::Position::line);
            let (unit, time, value) = read_row(&record, columns, line)?;
            let first = lines.keys().next().copied().unwrap_or(time);
            if time.since(first).is_none() {
                return Err(PanelError::MixedTimes { line });
            }
            lines.entry(time).or_insert(line);
            if !rows.contains_key(unit) {
                check_size(rows.len() + 1, lines.len())?;
                rows.insert(unit.to_owned(), BTreeMap::new());
            }
            check_size(rows.len(), lines.len())?;
            if let Some(series) = rows.get_mut(unit)
                && let Some(known) = series.insert(time, Cell { line, value })
            {
                let unit = unit.to_owned();
                return Err(PanelError::Duplicate { line, first: known.line, unit, time });
            }
        }
        Self::balanced(rows, &lines)
    }

    fn balanced(
        rows: BTreeMap<String, BTreeMap<Time, Cell>>,
        lines: &BTreeMap<Time, u64>,
    ) -> Result<Self, PanelError> {
        if rows.is_empty() {
            return Err(PanelError::Empty);
        }
        for (unit, series) in &rows {
            if let Some(time) = lines.keys().find(|time| !series.contains_key(time)) {
                let line = series.values().map(|cell| cell.line).min().unwrap_or(0);
                return Err(PanelError::Gap { line, unit: unit.clone(), time: *time });
            }
        }
        let times: Vec<Time> = lines.keys().copied().collect();
        let step = step_of(&times, |place| lines.get(&times[place]).copied().unwrap_or(0))?;
        let values =
            rows.values().flat_map(|series| series.values().map(|cell| cell.value)).collect();
        Ok(Self { units: rows.into_keys().collect(), times, values, step })
    }

    /// The units' names.
    #[must_use]
    pub fn units(&self) -> &[String] {
        &self.units
    }

    /// The times, ascending.
    #[must_use]
    pub fn times(&self) -> &[Time] {
        &self.times
    }

    /// The values of one unit in the order of the times; empty when there is no such unit.
    #[must_use]
    pub fn series(&self, unit: &str) -> &[f64] {
        let length = self.times.len();
        match self.units.iter().position(|known| known == unit) {
            Some(place) => &self.values[place * length..(place + 1) * length],
            None => &[],
        }
    }

    pub(super) fn step(&self) -> Step {
        self.step
    }
}

fn is_sane(value: f64) -> bool {
    value.abs() <= VALUE_MAX
}

fn check_size(units: usize, times: usize) -> Result<(), PanelError> {
    for (what, found, most) in [("units", units, UNITS_MAX), ("times", times, TIMES_MAX)] {
        if found > most {
            return Err(PanelError::TooLarge { what, found, most });
        }
    }
    Ok(())
}

fn step_of(times: &[Time], line_of: impl Fn(usize) -> u64) -> Result<Step, PanelError> {
    let missing = |place: usize| PanelError::MissingTime {
        line: line_of(place),
        after: times[place - 1],
        before: times[place],
    };
    if let Some(place) = times.windows(2).position(|pair| pair[0] >= pair[1]) {
        return Err(missing(place + 1));
    }
    Step::of(times).map_err(missing)
}

fn delimiter(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or("");
    *[b',', b';', b'\t'].iter().find(|mark| header.as_bytes().contains(mark)).unwrap_or(&b',')
}

fn unreadable(error: csv::Error) -> PanelError {
    let line = error.position().map_or(1, csv::Position::line);
    let reason = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("it has {len} fields, the header has {expected_len}")
        }
        _ => error.to_string(),
    };
    PanelError::Unreadable { line, reason }
}

/// The places of unit, time and value.
fn columns(header: &csv::StringRecord) -> Result<[usize; 3], PanelError> {
    let find = |column: &'static str| {
        let place = header.iter().position(|name| name.eq_ignore_ascii_case(column));
        place.ok_or(PanelError::NoColumn { column })
    };
    if header.iter().all(str::is_empty) {
        return Err(PanelError::Empty);
    }
    Ok([find("unit")?, find("time")?, find("value")?])
}

fn read_row(
    record: &csv::StringRecord,
    [unit, time, value]: [usize; 3],
    line: u64,
) -> Result<(&str, Time, f64), PanelError> {
    let field = |place| record.get(place).unwrap_or("");
    if field(unit).is_empty() {
        return Err(PanelError::NoUnit { line });
    }
    let time = field(time).parse().map_err(|source| PanelError::NotATime { line, source })?;
    let text = field(value);
    match text.parse::<f64>() {
        Ok(number) if is_sane(number) => Ok((field(unit), time, number)),
        _ => Err(PanelError::NotANumber { line, text: text.chars().take(40).collect() }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(Panel::from_csv(text).unwrap_err().to_string(), expected, "{text}");
    }

    #[test]
    fn rows_in_any_order_make_one_panel() {
        let panel = Panel::from_csv(
            "\u{feff}Time, note ,VALUE,unit\r\n2,x,4,b\r\n1,,1.5,a\r\n\r\n2,,-2e3,\"a\"\r\n1,,3,b\r\n",
        )
        .unwrap();
        assert_eq!(panel.units(), ["a", "b"]);
        assert_eq!(panel.times(), [Time::Number(1), Time::Number(2)]);
        assert_eq!((panel.series("a"), panel.series("b")), (&[1.5, -2e3][..], &[3.0, 4.0][..]));
        assert!(panel.series("c").is_empty());
        let spaced = Panel::from_csv("unit;time;value\na;2024-01-01;1\n").unwrap();
        let made = Panel::new(vec!["a".into()], spaced.times().to_vec(), vec![1.0]).unwrap();
        assert_eq!(spaced, made);
    }

    #[test]
    fn what_is_no_panel_is_refused_with_its_line() {
        check("", "the series has no rows");
        check("unit,time,value\n", "the series has no rows");
        check(
            "unit,when,value\na,1,1\n",
            "the header has no column \"time\" (it needs unit, time and value)",
        );
        check(
            "unit,time,value\na,1\n",
            "line 2: the row cannot be read: it has 2 fields, the header has 3",
        );
        check("unit,time,value\n ,1,1\n", "line 2: the unit has no name");
        check(
            "unit,time,value\na,May,1\n",
            "line 2: the time \"May\" is neither a date such as 2026-11-22 nor a whole number",
        );
        check(
            "unit,time,value\na,1,1\na,2024-01-01,1\n",
            "line 3: the times mix dates and whole numbers",
        );
        for text in ["", "x", "NaN", "inf", "1e16", "1,5"] {
            let row = format!("unit;time;value\na;1;2\na;2;{text}\n");
            check(
                &row,
                &format!("line 3: the value {text:?} is not a number between -1e15 and 1e15"),
            );
        }
        check(
            "unit,time,value\na,1,1\nb,1,1\na,1,1\n",
            "line 4: \"a\" at 1 stands on line 2 already",
        );
        check(
            "unit,time,value\na,1,1\na,2,1\nb,1,1\n",
            "\"b\" has no row for 2 (its rows begin on line 4)",
        );
        check(
            "unit,time,value\na,2024-01-01,1\na,2024-01-02,1\na,2024-01-04,1\n",
            "line 4: 2024-01-02 is followed by 2024-01-04, though other times lie closer together: a time is missing",
        );
    }

    #[test]
    fn a_panel_has_a_largest_size() {
        let mut text = String::from("unit,time,value\n");
        (0..=UNITS_MAX).for_each(|unit| text.push_str(&format!("u{unit},1,1\n")));
        check(&text, "the series has 2001 units, more than 2000");
        let mut text = String::from("unit,time,value\n");
        (0..=TIMES_MAX).for_each(|time| text.push_str(&format!("u,{time},1\n")));
        check(&text, "the series has 5001 times, more than 5000");
    }

    #[test]
    fn lists_that_do_not_fit_are_refused() {
        let times = |numbers: &[i64]| numbers.iter().map(|n| Time::Number(*n)).collect::<Vec<_>>();
        let names = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let refused = |units: &[&str], numbers: &[i64], values: &[f64]| {
            Panel::new(names(units), times(numbers), values.to_vec()).unwrap_err().to_string()
        };
        assert_eq!(refused(&[], &[], &[]), "the series has no rows");
        assert_eq!(refused(&["a"], &[1], &[]), "0 values do not fill 1 units × 1 times");
        assert!(refused(&["a", "a"], &[1], &[1.0, 1.0]).starts_with("line 2"));
        assert!(refused(&["a"], &[2, 1], &[1.0, 1.0]).contains("2 is followed by 1"));
        assert!(refused(&["a"], &[1], &[f64::NAN]).contains("NaN"));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(unit,time,value\n)?([a-c]?,[0-9-]{0,3},[0-9.e-]{0,4}\n){0,6}.{0,20}") {
            if let Ok(panel) = Panel::from_csv(&text) {
                for unit in panel.units() {
                    prop_assert_eq!(panel.series(unit).len(), panel.times().len());
                }
            }
        }
    }
}
