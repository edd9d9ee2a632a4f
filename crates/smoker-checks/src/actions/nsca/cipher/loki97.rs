//! LOKI97 with a key of 256 bits, as libmcrypt has it: the bytes of each word of
//! four, of the key and of the block alike, in little-endian order.

use std::sync::LazyLock;

/// Sixteen rounds take three keys each.
const KEYS: usize = 48;

const DELTA: u64 = 0x9E37_79B9_7F4A_7C15;

/// The low bytes of cubes in GF(2^13) and GF(2^11).
static CUBES: LazyLock<Cubes> = LazyLock::new(|| Cubes { s1: cubes(13, 0x2911), s2: cubes(11, 0xAA7) });

struct Cubes {
    s1: Vec<u8>,
    s2: Vec<u8>,
}

/// The cipher with its key.
pub(crate) struct Loki97([u64; KEYS]);

impl Loki97 {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        let (mut k4, mut k3, mut k2, mut k1) = (word(&key[..8]), word(&key[8..]), word(&key[16..]), word(&key[24..]));
        let mut step = 0u64;
        Self(std::array::from_fn(|_| {
            step = step.wrapping_add(DELTA);
            let next = k4 ^ f(k1.wrapping_add(k3).wrapping_add(step), k2);
            (k4, k3, k2, k1) = (k3, k2, k1, next);
            next
        }))
    }

    /// Encrypts a block of sixteen bytes.
    pub(crate) fn encrypt(&self, block: &mut [u8]) {
        let (mut left, mut right) = (word(&block[..8]), word(&block[8..]));
        for keys in self.0.chunks_exact(3) {
            let sum = right.wrapping_add(keys[0]);
            (left, right) = (sum.wrapping_add(keys[2]), left ^ f(sum, keys[1]));
        }
        block[..8].copy_from_slice(&right.rotate_left(32).to_le_bytes());
        block[8..16].copy_from_slice(&left.rotate_left(32).to_le_bytes());
    }
}

/// The first eight bytes: the higher half comes first, each half in little-endian order.
fn word(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(std::array::from_fn(|at| bytes[at])).rotate_left(32)
}

/// The round's function: bits of the halves change places where the key has
/// them, bytes are substituted with some bits of their neighbours, all bits are
/// permuted, and bytes are substituted once more, with bits of the key.
fn f(data: u64, key: u64) -> u64 {
    let change = (data ^ data >> 32) & key & 0xFFFF_FFFF;
    let data = data ^ change ^ change << 32;
    let Cubes { s1, s2 } = &*CUBES;
    let expanded = [
        (s1, data.rotate_left(8), 13),
        (s2, data >> 48, 11),
        (s1, data >> 40, 13),
        (s2, data >> 32, 11),
        (s2, data >> 24, 11),
        (s1, data >> 16, 13),
        (s2, data >> 8, 11),
        (s1, data, 13),
    ];
    let substituted =
        expanded.into_iter().fold(0, |out, (table, bits, width)| out << 8 | looked_up(table, bits, width));
    let permuted = permuted(substituted);
    let tables = [(s2, 3), (s2, 3), (s1, 5), (s1, 5), (s2, 3), (s2, 3), (s1, 5), (s1, 5)];
    let mut key = key;
    tables.into_iter().enumerate().fold(0, |out, (at, (table, width))| {
        let of_key = key >> (64 - width);
        key <<= width;
        let byte = permuted >> (56 - 8 * at) & 0xFF;
        out << 8 | looked_up(table, of_key << 8 | byte, width + 8)
    })
}

/// What the table has for the lowest bits.
fn looked_up(table: &[u8], bits: u64, width: u32) -> u64 {
    let at = usize::try_from(bits & ((1 << width) - 1)).expect("an index of a few bits");
    u64::from(table[at])
}

/// Bit n of each byte becomes part of byte n, that of the highest byte its lowest bit.
fn permuted(bits: u64) -> u64 {
    (0..64).fold(0, |out, from| {
        let (byte, bit) = (from / 8, from % 8);
        out | (bits >> from & 1) << (8 * bit + 7 - byte)
    })
}

/// For each number of that many bits the low byte of the cube of its complement.
fn cubes(bits: u32, polynomial: u32) -> Vec<u8> {
    let size = 1 << bits;
    let multiply = |one: u32, other: u32| {
        (0..bits).rev().fold(0, |product, bit| {
            let doubled = product << 1;
            let reduced = if doubled & size == 0 { doubled } else { doubled ^ polynomial };
            if other >> bit & 1 == 1 { reduced ^ one } else { reduced }
        })
    };
    let cube = |number: u32| multiply(multiply(number, number), number);
    (0..size).map(|number| cube(number ^ (size - 1)).to_le_bytes()[0]).collect()
}
