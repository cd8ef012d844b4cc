//! Reads a CTranslate2 model, binary version 6: named variables one after the other, then aliases.
//!
//! Nothing is allocated from a length that the file claims: values stay slices of the file.

use std::collections::BTreeMap;

use crate::ListenError;

/// The one version that is read.
const VERSION: u32 = 6;
/// Variables in one file; more is refused.
const VARIABLES_MAX: u32 = 4096;
/// Bytes of a name; more is refused.
const NAME_MAX: u16 = 256;
/// Dimensions of a variable; more is refused.
const RANK_MAX: u8 = 4;

/// How values are stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    F32,
    F16,
    /// Whole numbers of one, two or four bytes; settings, not weights.
    Whole(u8),
}

impl Kind {
    fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 => 2,
            Self::Whole(bytes) => usize::from(bytes),
        }
    }
}

/// One variable.
#[derive(Clone, Copy, Debug)]
pub(super) struct Variable<'a> {
    pub(super) kind: Kind,
    dims: [u32; RANK_MAX as usize],
    rank: u8,
    pub(super) data: &'a [u8],
}

impl<'a> Variable<'a> {
    /// The same with other values, which the caller gives dimensions of their own.
    pub(super) fn with(self, data: &'a [u8]) -> Self {
        Self { data, ..self }
    }

    /// Its dimensions, outermost first.
    pub(super) fn dims(&self) -> &[u32] {
        self.dims.get(..usize::from(self.rank)).unwrap_or_default()
    }
}

/// The variables of a file by name.
pub(super) type Variables<'a> = BTreeMap<&'a str, Variable<'a>>;

fn malformed(why: &'static str) -> ListenError {
    ListenError::Malformed { what: "the CTranslate2 model", why }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8], ListenError> {
        let (head, rest) = self.0.split_at_checked(n).ok_or(malformed("it ends too early"))?;
        self.0 = rest;
        Ok(head)
    }
    fn array<const N: usize>(&mut self) -> Result<[u8; N], ListenError> {
        self.take(N)?.try_into().map_err(|_| malformed("it ends too early"))
    }
    fn byte(&mut self) -> Result<u8, ListenError> {
        Ok(u8::from_le_bytes(self.array()?))
    }
    fn word(&mut self) -> Result<u32, ListenError> {
        Ok(u32::from_le_bytes(self.array()?))
    }
    /// A string behind its length, which counts the NUL at its end.
    fn name(&mut self) -> Result<&'a str, ListenError> {
        let n = u16::from_le_bytes(self.array()?);
        if n == 0 || n > NAME_MAX {
            return Err(malformed("a name is empty or too long"));
        }
        let bytes = self.take(usize::from(n))?;
        let bytes = bytes.strip_suffix(&[0]).ok_or(malformed("a name has no end"))?;
        std::str::from_utf8(bytes).map_err(|_| malformed("a name is not text"))
    }
    fn variable(&mut self) -> Result<Variable<'a>, ListenError> {
        let rank = self.byte()?;
        if rank > RANK_MAX {
            return Err(malformed("a variable has too many dimensions"));
        }
        let mut dims = [0; RANK_MAX as usize];
        let mut elements = 1usize;
        for dim in dims.iter_mut().take(usize::from(rank)) {
            *dim = self.word()?;
            elements = usize::try_from(*dim)
                .ok()
                .and_then(|dim| elements.checked_mul(dim))
                .ok_or(malformed("a variable is too large"))?;
        }
        let kind = match self.byte()? {
            0 => Kind::F32,
            1 => Kind::Whole(1),
            2 => Kind::Whole(2),
            3 => Kind::Whole(4),
            4 => Kind::F16,
            _ => return Err(malformed("a variable has an unknown type")),
        };
        let bytes =
            usize::try_from(self.word()?).map_err(|_| malformed("a variable is too large"))?;
        if elements.checked_mul(kind.bytes()) != Some(bytes) {
            return Err(malformed("a variable's size does not fit its dimensions"));
        }
        Ok(Variable { kind, dims, rank, data: self.take(bytes)? })
    }
}

/// The variables of a file.
///
/// # Errors
/// [`ListenError::Malformed`] on anything that is not such a file, or is above a limit.
pub(super) fn read(file: &[u8]) -> Result<Variables<'_>, ListenError> {
    let mut reader = Reader(file);
    if reader.word()? != VERSION {
        return Err(malformed("it is not of version 6"));
    }
    if reader.name()? != "WhisperSpec" {
        return Err(malformed("it is not a Whisper model"));
    }
    let _revision = reader.word()?;
    let count = reader.word()?;
    if count > VARIABLES_MAX {
        return Err(malformed("it has too many variables"));
    }
    let mut variables = Variables::new();
    for _ in 0..count {
        let name = reader.name()?;
        let variable = reader.variable()?;
        if variables.insert(name, variable).is_some() {
            return Err(malformed("a name occurs twice"));
        }
    }
    let aliases = reader.word()?;
    if aliases > VARIABLES_MAX {
        return Err(malformed("it has too many aliases"));
    }
    for _ in 0..aliases {
        let (alias, name) = (reader.name()?, reader.name()?);
        let variable = *variables.get(name).ok_or(malformed("an alias names nothing"))?;
        variables.entry(alias).or_insert(variable);
    }
    if !reader.0.is_empty() {
        return Err(malformed("something follows its end"));
    }
    Ok(variables)
}
