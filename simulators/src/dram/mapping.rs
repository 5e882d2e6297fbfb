//! Address mappings: which bits of a byte address select channel, rank, bank group, bank, row and column.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::config::System;
use super::error::DramError;

/// A mapping as written in a configuration.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum MappingChoice {
    /// Field names from the most significant to the least, joined by `-`: `row-bank-column`,
    /// `rank-bankgroup-bank-row-column`, `row-column-bank`. Fields the device needs and the order leaves out
    /// (channel, rank, bankgroup) are put, in that order, just above the lowest field if it is the column,
    /// else at the top. The bits of one burst always stay at the bottom.
    Order(String),
    /// Bit positions of every field.
    Bits(AddressMapping),
}

impl Default for MappingChoice {
    fn default() -> MappingChoice {
        MappingChoice::Order("row-bank-column".to_owned())
    }
}

/// Bit positions of every field in the byte address, least significant first, and XOR pairs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AddressMapping {
    /// Channel bits.
    pub channel: Vec<u8>,
    /// Rank bits.
    pub rank: Vec<u8>,
    /// Bank group bits.
    pub bankgroup: Vec<u8>,
    /// Bank bits (within the bank group).
    pub bank: Vec<u8>,
    /// Row bits.
    pub row: Vec<u8>,
    /// Column bits.
    pub column: Vec<u8>,
    /// Before decoding, bit `first` becomes bit `first` xor bit `second`.
    pub xor: Vec<(u8, u8)>,
}

/// A decoded address within its channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Location {
    /// Channel.
    pub channel: u8,
    /// Bank, numbered over the channel: rank first, then bank group, then bank.
    pub bank: u16,
    /// Row.
    pub row: u32,
    /// Column.
    pub column: u32,
}

const FIELDS: [&str; 6] = ["channel", "rank", "bankgroup", "bank", "row", "column"];

impl MappingChoice {
    pub(crate) fn resolve(&self, system: &System) -> Result<AddressMapping, DramError> {
        let mapping = match self {
            MappingChoice::Order(order) => from_order(order, system)?,
            MappingChoice::Bits(bits) => bits.clone(),
        };
        mapping.check(system)?;
        Ok(mapping)
    }
}

/// Number of bits of each field of [`FIELDS`].
fn field_bits(system: &System) -> [u32; 6] {
    let organization = &system.device().organization;
    let banks_per_group = organization.banks / organization.bank_groups;
    [
        system.channels.trailing_zeros(),
        (system.geometry().ranks as u32).trailing_zeros(),
        organization.bank_groups.trailing_zeros(),
        banks_per_group.trailing_zeros(),
        organization.rows.next_power_of_two().trailing_zeros(),
        organization.columns.trailing_zeros(),
    ]
}

fn from_order(order: &str, system: &System) -> Result<AddressMapping, DramError> {
    let bits = field_bits(system);
    let fields = complete_order(order, &bits)?;
    let organization = &system.device().organization;
    let byte_bits = (organization.width_bits * organization.devices_per_rank / 8).trailing_zeros();
    let burst_bits = organization.burst_length.trailing_zeros();
    let mut mapping = AddressMapping::default();
    let mut position = byte_bits as u8;
    let mut take = |into: &mut Vec<u8>, count: u32| {
        into.extend((0..count as u8).map(|bit| position + bit));
        position += count as u8;
    };
    take(&mut mapping.column, burst_bits);
    for field in fields.into_iter().rev() {
        let count = if field == 5 { bits[5] - burst_bits } else { bits[field] };
        take(mapping.field(field), count);
    }
    Ok(mapping)
}

/// Indices into [`FIELDS`], most significant first, with the fields left out put in.
fn complete_order(order: &str, bits: &[u32; 6]) -> Result<Vec<usize>, DramError> {
    let problem = |problem: String| DramError::Mapping { mapping: order.to_owned(), problem };
    let mut fields = Vec::new();
    for name in order.split('-') {
        let field = FIELDS
            .iter()
            .position(|known| *known == name)
            .ok_or_else(|| problem(format!("unknown field `{name}`; allowed: {}", FIELDS.join(", "))))?;
        if fields.contains(&field) {
            return Err(problem(format!("field `{name}` twice; once is allowed")));
        }
        fields.push(field);
    }
    if let Some(missing) = (3..6).find(|field| !fields.contains(field)) {
        return Err(problem(format!(
            "field `{}` is missing; bank, row and column are needed",
            FIELDS[missing]
        )));
    }
    let left_out: Vec<usize> = (0..3).filter(|field| bits[*field] > 0 && !fields.contains(field)).collect();
    let at = if fields.last() == Some(&5) { fields.len() - 1 } else { 0 };
    fields.splice(at..at, left_out);
    Ok(fields)
}

impl AddressMapping {
    fn field(&mut self, index: usize) -> &mut Vec<u8> {
        match index {
            0 => &mut self.channel,
            1 => &mut self.rank,
            2 => &mut self.bankgroup,
            3 => &mut self.bank,
            4 => &mut self.row,
            _ => &mut self.column,
        }
    }

    fn check(&self, system: &System) -> Result<(), DramError> {
        let problem = |problem: String| DramError::Mapping { mapping: format!("{self:?}"), problem };
        let mut seen = 0u64;
        let lists = [&self.channel, &self.rank, &self.bankgroup, &self.bank, &self.row, &self.column];
        for ((list, name), need) in lists.into_iter().zip(FIELDS).zip(field_bits(system)) {
            if list.len() != need as usize {
                return Err(problem(format!(
                    "field `{name}` has {} bits; the system needs {need}",
                    list.len()
                )));
            }
            for bit in list {
                if *bit > 63 || seen & (1 << bit) != 0 {
                    return Err(problem(format!(
                        "bit {bit} is used twice or above 63; each of 0 to 63 once"
                    )));
                }
                seen |= 1 << bit;
            }
        }
        match self.xor.iter().find(|(first, second)| *first > 63 || *second > 63 || first == second) {
            Some(pair) => {
                Err(problem(format!("xor pair {pair:?}; two different bits from 0 to 63 are needed")))
            }
            None => Ok(()),
        }
    }

    /// Decode an address already aligned down to the burst. Bits no field names are ignored.
    #[must_use]
    pub fn decode(&self, address: u64, banks_per_rank: u32, banks_per_group: u32) -> Location {
        let address = self.xor.iter().fold(address, |a, (first, second)| a ^ (((a >> second) & 1) << first));
        let bank = gather(&self.rank, address) * banks_per_rank
            + gather(&self.bankgroup, address) * banks_per_group
            + gather(&self.bank, address);
        Location {
            channel: gather(&self.channel, address) as u8,
            bank: bank as u16,
            row: gather(&self.row, address),
            column: gather(&self.column, address),
        }
    }
}

/// The number made of the given bits, least significant first.
fn gather(bits: &[u8], address: u64) -> u32 {
    bits.iter().enumerate().fold(0, |value, (place, bit)| value | ((((address >> bit) & 1) as u32) << place))
}
