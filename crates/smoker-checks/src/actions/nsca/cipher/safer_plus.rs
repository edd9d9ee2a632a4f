//! SAFER+ with a key of 256 bits, as libmcrypt has it: the words of four
//! bytes, of the key and of the block alike, in reverse order.

/// How many rounds a key of 256 bits makes.
const ROUNDS: usize = 16;

/// Where the bytes go between two layers of a round.
const SHUFFLE: [usize; 16] = [8, 11, 12, 15, 2, 1, 6, 5, 10, 9, 14, 13, 0, 7, 4, 3];

/// The cipher with its key.
pub(crate) struct SaferPlus {
    keys: [[u8; 16]; 2 * ROUNDS + 1],
    powers: [u8; 256],
    logarithms: [u8; 256],
}

impl SaferPlus {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        let mut powers = [0; 256];
        let mut logarithms = [0; 256];
        for exponent in 0..=255u8 {
            let power = low_byte(power_of_45(usize::from(exponent)));
            powers[usize::from(exponent)] = power;
            logarithms[usize::from(power)] = exponent;
        }
        Self { keys: schedule(key), powers, logarithms }
    }

    /// Encrypts a block of sixteen bytes.
    pub(crate) fn encrypt(&self, block: &mut [u8]) {
        swap_words(block);
        for pair in self.keys.chunks_exact(2) {
            self.substitute(block, &pair[0], &pair[1]);
            mix(block);
        }
        add(block, &self.keys[2 * ROUNDS]);
        swap_words(block);
    }

    fn substitute(&self, block: &mut [u8], before: &[u8; 16], after: &[u8; 16]) {
        add(block, before);
        for (at, (byte, key)) in block.iter_mut().zip(after).enumerate() {
            *byte = if is_outer(at) {
                self.powers[usize::from(*byte)].wrapping_add(*key)
            } else {
                self.logarithms[usize::from(*byte)] ^ key
            };
        }
    }
}

/// Two keys a round and one at the end, from the key and its parity.
fn schedule(key: &[u8; 32]) -> [[u8; 16]; 2 * ROUNDS + 1] {
    let mut register = [0; 33];
    register[..32].copy_from_slice(key);
    swap_words(&mut register[..32]);
    register[32] = key.iter().fold(0, |parity, byte| parity ^ byte);
    let mut keys = [[0; 16]; 2 * ROUNDS + 1];
    keys[0].copy_from_slice(&register[..16]);
    for (number, words) in (2..).zip(&mut keys[1..]) {
        for byte in &mut register {
            *byte = byte.rotate_left(3);
        }
        for (at, word) in words.iter_mut().enumerate() {
            let once = power_of_45(17 * number + at + 1);
            let bias = if number <= 17 { power_of_45(once) } else { once };
            *word = register[(number + at - 1) % register.len()].wrapping_add(low_byte(bias));
        }
    }
    keys
}

/// Whether a byte is one of the first and last of its four, which are joined
/// with a key by exclusive or where the others are added, and the other way round.
fn is_outer(at: usize) -> bool {
    matches!(at % 4, 0 | 3)
}

fn add(block: &mut [u8], key: &[u8; 16]) {
    for (at, (byte, key)) in block.iter_mut().zip(key).enumerate() {
        *byte = if is_outer(at) { *byte ^ key } else { byte.wrapping_add(*key) };
    }
}

/// Four layers of two by two, shuffled in between.
fn mix(block: &mut [u8]) {
    for layer in 0..4 {
        if layer > 0 {
            let old: [u8; 16] = std::array::from_fn(|at| block[at]);
            block.iter_mut().zip(SHUFFLE).for_each(|(byte, from)| *byte = old[from]);
        }
        for pair in block.chunks_exact_mut(2) {
            let sum = pair[0].wrapping_add(pair[1]);
            (pair[0], pair[1]) = (sum.wrapping_add(pair[0]), sum);
        }
    }
}

fn swap_words(bytes: &mut [u8]) {
    bytes.reverse();
    bytes.chunks_exact_mut(4).for_each(<[u8]>::reverse);
}

/// 45 to this power, modulo 257.
fn power_of_45(exponent: usize) -> usize {
    (0..exponent % 256).fold(1, |power, _| power * 45 % 257)
}

/// 256 counts as 0.
fn low_byte(number: usize) -> u8 {
    number.to_le_bytes()[0]
}
