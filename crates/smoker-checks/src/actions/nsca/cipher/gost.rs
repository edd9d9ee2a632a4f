//! GOST 28147-89 as libmcrypt has it: with the substitution boxes of the
//! standard's test parameters, key words in little-endian and block words in
//! big-endian order.

/// The substitution of each half byte, the lowest first. The first row ends
/// with 12 in the standard; libmcrypt has 2 there, and NSCA uses libmcrypt.
const BOXES: [[u8; 16]; 8] = [
    [1, 15, 13, 0, 5, 7, 10, 4, 9, 2, 3, 14, 6, 11, 8, 2],
    [13, 11, 4, 1, 3, 15, 5, 9, 0, 10, 14, 7, 6, 8, 2, 12],
    [4, 11, 10, 0, 7, 2, 1, 13, 3, 6, 8, 5, 9, 12, 15, 14],
    [6, 12, 7, 1, 5, 15, 13, 8, 4, 10, 9, 14, 0, 3, 11, 2],
    [7, 13, 10, 1, 0, 8, 9, 15, 14, 4, 6, 12, 11, 2, 5, 3],
    [5, 8, 1, 13, 10, 3, 4, 2, 14, 15, 12, 7, 6, 0, 9, 11],
    [14, 11, 4, 12, 6, 13, 15, 10, 2, 3, 8, 1, 0, 7, 5, 9],
    [4, 10, 9, 2, 13, 8, 0, 14, 6, 11, 1, 12, 7, 15, 5, 3],
];

/// The cipher with its key.
pub(crate) struct Gost([u32; 8]);

impl Gost {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        let word = |at: usize| u32::from_le_bytes([key[at], key[at + 1], key[at + 2], key[at + 3]]);
        Self(std::array::from_fn(|number| word(4 * number)))
    }

    /// Encrypts a block of eight bytes: the key's words three times forwards, once backwards.
    pub(crate) fn encrypt(&self, block: &mut [u8]) {
        let word = |bytes: &[u8]| bytes.iter().fold(0, |word, byte| (word << 8) | u32::from(*byte));
        let (mut one, mut other) = (word(&block[..4]), word(&block[4..8]));
        let forwards = self.0.iter().cycle().take(24);
        for key in forwards.chain(self.0.iter().rev()) {
            (one, other) = (other ^ substituted(one.wrapping_add(*key)), one);
        }
        block[..4].copy_from_slice(&other.to_be_bytes());
        block[4..8].copy_from_slice(&one.to_be_bytes());
    }
}

fn substituted(word: u32) -> u32 {
    let word = BOXES.iter().enumerate().fold(0, |out, (at, substitution)| {
        let half = (word >> (4 * at) & 15) as usize;
        out | u32::from(substitution[half]) << (4 * at)
    });
    word.rotate_left(11)
}
