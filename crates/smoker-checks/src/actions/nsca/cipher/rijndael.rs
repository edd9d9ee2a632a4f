//! Rijndael with a key of 256 bits and a block of `SIZE` bytes, 16, 24 or 32,
//! after Daemen and Rijmen, "AES Proposal: Rijndael", sections 4.1 to 4.4.
//! AES is the case of 16 only, so no AES library has the others.

const ROUNDS: usize = 14;
const KEY_WORDS: usize = 8;
const SUBSTITUTION: [u8; 256] = substitution();

type Word = [u8; 4];

/// The cipher with its round keys.
pub(crate) struct Rijndael<const SIZE: usize> {
    words: Vec<Word>,
}

impl<const SIZE: usize> Rijndael<SIZE> {
    /// How many words of four bytes a block has.
    const COLUMNS: usize = SIZE / 4;
    /// By how many columns each row is shifted.
    const SHIFTS: [usize; 4] = if SIZE == 32 { [0, 1, 3, 4] } else { [0, 1, 2, 3] };

    pub(crate) fn new(key: &[u8; 32]) -> Self {
        let mut words: Vec<Word> = key.chunks_exact(4).map(|bytes| [bytes[0], bytes[1], bytes[2], bytes[3]]).collect();
        let mut constant = 1;
        for at in KEY_WORDS..Self::COLUMNS * (ROUNDS + 1) {
            let mut word = words[at - 1];
            if at % KEY_WORDS == 0 {
                word.rotate_left(1);
                word = word.map(substituted);
                word[0] ^= constant;
                constant = doubled(constant);
            } else if at % KEY_WORDS == 4 {
                word = word.map(substituted);
            }
            words.push(combined(word, words[at - KEY_WORDS]));
        }
        Self { words }
    }

    /// Encrypts a block of `SIZE` bytes.
    pub(crate) fn encrypt(&self, block: &mut [u8]) {
        let mut state = [0; SIZE];
        state.copy_from_slice(block);
        let mut keys = self.words.chunks_exact(Self::COLUMNS);
        add(&mut state, keys.next());
        for round in 1..=ROUNDS {
            state = Self::shifted(state.map(substituted));
            if round < ROUNDS {
                state.as_chunks_mut().0.iter_mut().for_each(mix);
            }
            add(&mut state, keys.next());
        }
        block.copy_from_slice(&state);
    }

    fn shifted(state: [u8; SIZE]) -> [u8; SIZE] {
        std::array::from_fn(|at| {
            let (column, row) = (at / 4, at % 4);
            state[(column + Self::SHIFTS[row]) % Self::COLUMNS * 4 + row]
        })
    }
}

fn add(state: &mut [u8], key: Option<&[Word]>) {
    for (byte, key) in state.iter_mut().zip(key.into_iter().flatten().flatten()) {
        *byte ^= key;
    }
}

fn mix(column: &mut Word) {
    let all = column.iter().fold(0, |sum, byte| sum ^ byte);
    let [first, second, third, fourth] = *column;
    for (byte, next) in column.iter_mut().zip([second, third, fourth, first]) {
        *byte ^= all ^ doubled(*byte ^ next);
    }
}

fn combined(one: Word, other: Word) -> Word {
    std::array::from_fn(|at| one[at] ^ other[at])
}

fn substituted(byte: u8) -> u8 {
    SUBSTITUTION[usize::from(byte)]
}

/// Multiplies by x in the field of the cipher.
const fn doubled(byte: u8) -> u8 {
    (byte << 1) ^ if byte & 0x80 == 0 { 0 } else { 0x1b }
}

/// The table of inverses in the field, each put through the affine map.
const fn substitution() -> [u8; 256] {
    let mut table = [0; 256];
    let (mut power, mut inverse) = (1_u8, 1_u8);
    loop {
        // 3 generates the field, so that power and inverse pass through all of it.
        power ^= doubled(power);
        inverse ^= inverse << 1;
        inverse ^= inverse << 2;
        inverse ^= inverse << 4;
        if inverse & 0x80 != 0 {
            inverse ^= 0x09;
        }
        let mapped =
            inverse ^ inverse.rotate_left(1) ^ inverse.rotate_left(2) ^ inverse.rotate_left(3) ^ inverse.rotate_left(4);
        table[power as usize] = mapped ^ 0x63;
        if power == 1 {
            break;
        }
    }
    table[0] = 0x63;
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_of_128_bits_is_aes() {
        // FIPS 197, appendix C.3.
        let key: [u8; 32] = std::array::from_fn(|at| u8::try_from(at).expect("small"));
        let mut block: [u8; 16] = std::array::from_fn(|at| u8::try_from(at * 0x11).expect("small"));
        Rijndael::<16>::new(&key).encrypt(&mut block);
        assert_eq!(u128::from_be_bytes(block), 0x8ea2_b7ca_5167_45bf_eafc_4990_4b49_6089);
    }
}
