//! AMF0 (Adobe, "Action Message Format AMF 0"). Depth, number of values and string lengths are bounded by what really arrived.

use bytes::{BufMut, BytesMut};

/// Objects inside objects.
pub const MAX_DEPTH: u32 = 16;
/// Values in one message.
pub const MAX_VALUES: u32 = 4096;

const NUMBER: u8 = 0x00;
const BOOLEAN: u8 = 0x01;
const STRING: u8 = 0x02;
const OBJECT: u8 = 0x03;
const NULL: u8 = 0x05;
const UNDEFINED: u8 = 0x06;
const REFERENCE: u8 = 0x07;
const ECMA_ARRAY: u8 = 0x08;
const OBJECT_END: u8 = 0x09;
const STRICT_ARRAY: u8 = 0x0a;
const DATE: u8 = 0x0b;
const LONG_STRING: u8 = 0x0c;
const UNSUPPORTED: u8 = 0x0d;
const XML: u8 = 0x0f;
const TYPED_OBJECT: u8 = 0x10;

/// Why bytes are not AMF0.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AmfError {
    /// A value claims more bytes than there are.
    #[error("the data is cut short")]
    Truncated,
    /// Deeper than [`MAX_DEPTH`].
    #[error("objects are nested too deep")]
    TooDeep,
    /// More than [`MAX_VALUES`].
    #[error("too many values")]
    TooMany,
    /// A marker that AMF0 does not define, or a switch to AMF3.
    #[error("unknown type marker {0:#04x}")]
    Marker(u8),
}

/// One value. Text that is not UTF-8 is read with replacement characters.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// Every number is a double.
    Number(f64),
    /// True or false.
    Boolean(bool),
    /// A string, long string or XML document.
    String(String),
    /// An object or ECMA array, in the order in which it was sent.
    Object(Vec<(String, Value)>),
    /// A strict array.
    Array(Vec<Value>),
    /// Milliseconds since 1970.
    Date(f64),
    /// Null.
    Null,
    /// Undefined, unsupported, or a reference.
    Undefined,
}

impl Value {
    /// The string, when it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// The number, when it is one.
    #[must_use]
    pub const fn as_number(&self) -> Option<f64> {
        if let Self::Number(number) = self { Some(*number) } else { None }
    }

    /// The field of an object.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        let Self::Object(fields) = self else { return None };
        fields.iter().find(|field| field.0 == name).map(|field| &field.1)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

/// Reads all values of a message.
///
/// # Errors
/// When a value is cut short, unknown, nested too deep, or there are too many.
pub fn decode(data: &[u8]) -> Result<Vec<Value>, AmfError> {
    let mut reader = Decoder { data, left: MAX_VALUES };
    let mut values = Vec::new();
    while !reader.data.is_empty() {
        values.push(reader.value(0)?);
    }
    Ok(values)
}

struct Decoder<'a> {
    data: &'a [u8],
    left: u32,
}

impl<'a> Decoder<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], AmfError> {
        let (taken, rest) = self.data.split_at_checked(length).ok_or(AmfError::Truncated)?;
        self.data = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], AmfError> {
        self.take(N)?.try_into().map_err(|_| AmfError::Truncated)
    }

    fn double(&mut self) -> Result<f64, AmfError> {
        self.array().map(f64::from_be_bytes)
    }

    fn short_text(&mut self) -> Result<String, AmfError> {
        let length = u16::from_be_bytes(self.array()?);
        self.text(usize::from(length))
    }

    fn text(&mut self, length: usize) -> Result<String, AmfError> {
        Ok(String::from_utf8_lossy(self.take(length)?).into_owned())
    }

    fn value(&mut self, depth: u32) -> Result<Value, AmfError> {
        if depth > MAX_DEPTH {
            return Err(AmfError::TooDeep);
        }
        self.left = self.left.checked_sub(1).ok_or(AmfError::TooMany)?;
        let [marker] = self.array()?;
        Ok(match marker {
            NUMBER => Value::Number(self.double()?),
            BOOLEAN => Value::Boolean(self.array()? != [0]),
            STRING => Value::String(self.short_text()?),
            OBJECT => Value::Object(self.fields(depth)?),
            NULL => Value::Null,
            UNDEFINED | UNSUPPORTED => Value::Undefined,
            REFERENCE => {
                self.take(2)?;
                Value::Undefined
            }
            ECMA_ARRAY => {
                // The count is a hint that some encoders leave at zero; the end marker is what counts.
                self.take(4)?;
                Value::Object(self.fields(depth)?)
            }
            STRICT_ARRAY => {
                let count = u32::from_be_bytes(self.array()?);
                let mut items = Vec::new();
                for _ in 0..count {
                    items.push(self.value(depth + 1)?);
                }
                Value::Array(items)
            }
            DATE => {
                let ms = self.double()?;
                self.take(2)?;
                Value::Date(ms)
            }
            LONG_STRING | XML => {
                let length = u32::from_be_bytes(self.array()?);
                Value::String(self.text(length as usize)?)
            }
            TYPED_OBJECT => {
                self.short_text()?;
                Value::Object(self.fields(depth)?)
            }
            other => return Err(AmfError::Marker(other)),
        })
    }

    fn fields(&mut self, depth: u32) -> Result<Vec<(String, Value)>, AmfError> {
        let mut fields = Vec::new();
        // Some encoders leave the end marker of the last object out.
        while !self.data.is_empty() {
            let name = self.short_text()?;
            if name.is_empty() && self.data.first() == Some(&OBJECT_END) {
                self.take(1)?;
                break;
            }
            fields.push((name, self.value(depth + 1)?));
        }
        Ok(fields)
    }
}

/// Appends a value. Strings over 65 535 bytes become long strings; field names are cut there.
pub fn encode(value: &Value, out: &mut BytesMut) {
    match value {
        Value::Number(number) => {
            out.put_u8(NUMBER);
            out.put_f64(*number);
        }
        Value::Boolean(yes) => out.put_slice(&[BOOLEAN, u8::from(*yes)]),
        Value::String(text) => match u16::try_from(text.len()) {
            Ok(length) => {
                out.put_u8(STRING);
                out.put_u16(length);
                out.put_slice(text.as_bytes());
            }
            Err(_) => {
                let text = &text.as_bytes()[..text.len().min(u32::MAX as usize)];
                out.put_u8(LONG_STRING);
                out.put_u32(text.len() as u32);
                out.put_slice(text);
            }
        },
        Value::Object(fields) => {
            out.put_u8(OBJECT);
            for (name, value) in fields {
                let name = &name.as_bytes()[..name.len().min(0xffff)];
                out.put_u16(name.len() as u16);
                out.put_slice(name);
                encode(value, out);
            }
            out.put_slice(&[0, 0, OBJECT_END]);
        }
        Value::Array(items) => {
            let count = items.len().min(u32::MAX as usize);
            out.put_u8(STRICT_ARRAY);
            out.put_u32(count as u32);
            items.iter().take(count).for_each(|item| encode(item, out));
        }
        Value::Date(ms) => {
            out.put_u8(DATE);
            out.put_f64(*ms);
            out.put_u16(0);
        }
        Value::Null => out.put_u8(NULL),
        Value::Undefined => out.put_u8(UNDEFINED),
    }
}
