//! XTEA, by Needham and Wheeler, in big-endian words.

const DELTA: u32 = 0x9e37_79b9;
const ROUNDS: u32 = 32;

/// The cipher with its key.
pub(crate) struct Xtea([u32; 4]);

impl Xtea {
    pub(crate) fn new(key: &[u8; 16]) -> Self {
        let mut words = [0; 4];
        for (word, bytes) in words.iter_mut().zip(key.chunks_exact(4)) {
            *word = word_of(bytes);
        }
        Self(words)
    }

    /// Encrypts a block of eight bytes.
    pub(crate) fn encrypt(&self, block: &mut [u8]) {
        let (mut left, mut right) = (word_of(&block[..4]), word_of(&block[4..8]));
        let mut sum = 0_u32;
        for _ in 0..ROUNDS {
            left = left.wrapping_add(mixed(right) ^ sum.wrapping_add(self.0[(sum & 3) as usize]));
            sum = sum.wrapping_add(DELTA);
            right = right.wrapping_add(mixed(left) ^ sum.wrapping_add(self.0[(sum >> 11 & 3) as usize]));
        }
        block[..4].copy_from_slice(&left.to_be_bytes());
        block[4..8].copy_from_slice(&right.to_be_bytes());
    }
}

fn mixed(half: u32) -> u32 {
    ((half << 4) ^ (half >> 5)).wrapping_add(half)
}

fn word_of(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |word, byte| (word << 8) | u32::from(*byte))
}
