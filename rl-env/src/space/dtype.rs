//! The number types of NumPy that a `Box` can declare. Elements are `f64` in Rust whatever the type.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Type of the numbers of a [`BoxSpace`](super::BoxSpace), as the Python side sees them.
///
/// ```
/// use rl_env::space::DType;
///
/// assert_eq!(DType::Float32.promote(DType::Int32), DType::Float64);
/// assert_eq!(DType::Int8.to_string(), "int8");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names say it")]
pub enum DType {
    Bool,
    UInt8,
    UInt16,
    UInt32,
    UInt64,
    Int8,
    Int16,
    Int32,
    Int64,
    Float32,
    #[default]
    Float64,
}

/// Largest magnitude up to which `f64` holds every whole number.
const EXACT: f64 = (1u64 << 53) as f64;

impl DType {
    /// Whether values are real numbers, not whole ones.
    #[must_use]
    pub fn is_float(self) -> bool {
        matches!(self, Self::Float32 | Self::Float64)
    }

    pub(super) fn is_signed(self) -> bool {
        !matches!(self, Self::Bool | Self::UInt8 | Self::UInt16 | Self::UInt32 | Self::UInt64)
    }

    /// Smallest and largest value. The 64-bit integers end at ±2^53, beyond which `f64` skips numbers.
    #[must_use]
    pub fn range(self) -> (f64, f64) {
        match self {
            Self::Bool => (0.0, 1.0),
            Self::UInt8 => (0.0, u8::MAX.into()),
            Self::UInt16 => (0.0, u16::MAX.into()),
            Self::UInt32 => (0.0, u32::MAX.into()),
            Self::UInt64 => (0.0, EXACT),
            Self::Int8 => (i8::MIN.into(), i8::MAX.into()),
            Self::Int16 => (i16::MIN.into(), i16::MAX.into()),
            Self::Int32 => (i32::MIN.into(), i32::MAX.into()),
            Self::Int64 => (-EXACT, EXACT),
            Self::Float32 => (f32::MIN.into(), f32::MAX.into()),
            Self::Float64 => (f64::MIN, f64::MAX),
        }
    }

    /// The value as this type stores it; whole numbers are kept as they are.
    #[inline]
    #[must_use]
    pub fn round(self, value: f64) -> f64 {
        if self == Self::Float32 { f64::from(value as f32) } else { value }
    }

    /// The type that holds both (NumPy's `result_type`).
    #[must_use]
    pub fn promote(self, other: Self) -> Self {
        let ((kind, bits), (other_kind, other_bits)) = (self.class(), other.class());
        match (kind, other_kind) {
            _ if kind == other_kind => Self::of(kind, bits.max(other_bits)),
            (Kind::Bool, _) => other,
            (_, Kind::Bool) => self,
            (Kind::Float, _) if other_bits <= 16 => self,
            (_, Kind::Float) if bits <= 16 => other,
            (Kind::Unsigned, Kind::Signed) => Self::of(Kind::Signed, other_bits.max(2 * bits)),
            (Kind::Signed, Kind::Unsigned) => Self::of(Kind::Signed, bits.max(2 * other_bits)),
            _ => Self::Float64,
        }
    }

    fn class(self) -> (Kind, u32) {
        match self {
            Self::Bool => (Kind::Bool, 8),
            Self::UInt8 => (Kind::Unsigned, 8),
            Self::UInt16 => (Kind::Unsigned, 16),
            Self::UInt32 => (Kind::Unsigned, 32),
            Self::UInt64 => (Kind::Unsigned, 64),
            Self::Int8 => (Kind::Signed, 8),
            Self::Int16 => (Kind::Signed, 16),
            Self::Int32 => (Kind::Signed, 32),
            Self::Int64 => (Kind::Signed, 64),
            Self::Float32 => (Kind::Float, 32),
            Self::Float64 => (Kind::Float, 64),
        }
    }

    /// No signed type holds all of `UInt64`, for which NumPy takes `Float64`.
    fn of(kind: Kind, bits: u32) -> Self {
        match (kind, bits) {
            (Kind::Bool, _) => Self::Bool,
            (Kind::Unsigned, 8) => Self::UInt8,
            (Kind::Unsigned, 16) => Self::UInt16,
            (Kind::Unsigned, 32) => Self::UInt32,
            (Kind::Unsigned, _) => Self::UInt64,
            (Kind::Signed, 8) => Self::Int8,
            (Kind::Signed, 16) => Self::Int16,
            (Kind::Signed, 32) => Self::Int32,
            (Kind::Signed, 64) => Self::Int64,
            (Kind::Float, 32) => Self::Float32,
            (Kind::Signed | Kind::Float, _) => Self::Float64,
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Bool,
    Unsigned,
    Signed,
    Float,
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bool => "bool",
            Self::UInt8 => "uint8",
            Self::UInt16 => "uint16",
            Self::UInt32 => "uint32",
            Self::UInt64 => "uint64",
            Self::Int8 => "int8",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Float32 => "float32",
            Self::Float64 => "float64",
        })
    }
}
