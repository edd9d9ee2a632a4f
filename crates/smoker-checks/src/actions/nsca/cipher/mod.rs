//! The encryption methods of NSCA, which are those of libmcrypt in its mode
//! `cfb`: one byte at a time, with the algorithm's longest key, the password
//! padded with zeros. None of it protects a packet against changes on its way.
//!
//! # Layout
//!
//! - `feedback`: the mode, cipher feedback of eight bits
//! - `rijndael`: with blocks of 128, 192 and 256 bits, of which AES has the first only
//! - `xtea`, `gost`, `loki97`, `safer_plus`: as libmcrypt has them

mod feedback;
mod gost;
mod loki97;
mod rijndael;
mod safer_plus;
mod xtea;

use cipher::{Block, BlockCipherEncrypt, KeyInit};

use crate::actions::nsca::cipher::feedback::encrypt_bytes;
use crate::actions::nsca::cipher::gost::Gost;
use crate::actions::nsca::cipher::loki97::Loki97;
use crate::actions::nsca::cipher::rijndael::Rijndael;
use crate::actions::nsca::cipher::safer_plus::SaferPlus;
use crate::actions::nsca::cipher::xtea::Xtea;
use crate::actions::nsca::packet::IV_LENGTH;

/// An encryption method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EncryptionMethod {
    None,
    Xor,
    Des,
    TripleDes,
    Cast128,
    Cast256,
    Xtea,
    Blowfish,
    Twofish,
    Loki97,
    Rc2,
    Rijndael128,
    Rijndael192,
    Rijndael256,
    Serpent,
    Gost,
    SaferPlus,
}

/// Number, name and method, as `send_nsca.cfg` lists them. Of the others
/// libmcrypt has no mode of eight bits, and the daemon of Debian ends each connection.
const METHODS: [(u32, &str, Option<EncryptionMethod>); 23] = [
    (0, "none", Some(EncryptionMethod::None)),
    (1, "xor", Some(EncryptionMethod::Xor)),
    (2, "des", Some(EncryptionMethod::Des)),
    (3, "3des", Some(EncryptionMethod::TripleDes)),
    (4, "cast-128", Some(EncryptionMethod::Cast128)),
    (5, "cast-256", Some(EncryptionMethod::Cast256)),
    (6, "xtea", Some(EncryptionMethod::Xtea)),
    (7, "3way", None),
    (8, "blowfish", Some(EncryptionMethod::Blowfish)),
    (9, "twofish", Some(EncryptionMethod::Twofish)),
    (10, "loki97", Some(EncryptionMethod::Loki97)),
    (11, "rc2", Some(EncryptionMethod::Rc2)),
    (12, "arcfour", None),
    (14, "rijndael-128", Some(EncryptionMethod::Rijndael128)),
    (15, "rijndael-192", Some(EncryptionMethod::Rijndael192)),
    (16, "rijndael-256", Some(EncryptionMethod::Rijndael256)),
    (19, "wake", None),
    (20, "serpent", Some(EncryptionMethod::Serpent)),
    (22, "enigma", None),
    (23, "gost", Some(EncryptionMethod::Gost)),
    (24, "safer64", None),
    (25, "safer128", None),
    (26, "safer+", Some(EncryptionMethod::SaferPlus)),
];

impl EncryptionMethod {
    /// The method with this number or name, whatever its case and hyphens.
    pub(crate) fn named(text: &str) -> Result<Self, String> {
        let plain = |name: &str| name.to_lowercase().replace(['-', '_', ' '], "");
        let wanted = match plain(text) {
            alias if alias == "tripledes" => "3des".to_owned(),
            name => name,
        };
        let row = METHODS.iter().find(|(number, name, _)| number.to_string() == wanted || plain(name) == wanted);
        let known = || {
            let known = METHODS.iter().filter(|(_, _, method)| method.is_some());
            known.map(|(number, name, _)| format!("{number} {name}")).collect::<Vec<_>>().join(", ")
        };
        match row {
            Some((_, _, Some(method))) => Ok(*method),
            Some((number, name, None)) => Err(format!(
                "EncryptionMethod {number} ({name}) is not supported, not even by the NSCA daemon itself; take one of {}",
                known()
            )),
            None => Err(format!("EncryptionMethod {text} is unknown; take one of {}", known())),
        }
    }
}

/// Encrypts a packet in place.
pub(crate) fn encrypt(method: EncryptionMethod, password: &[u8], iv: &[u8; IV_LENGTH], packet: &mut [u8]) {
    match method {
        EncryptionMethod::None => {}
        EncryptionMethod::Xor => {
            xor(iv, packet);
            xor(password, packet);
        }
        EncryptionMethod::Des => with::<des::Des>(password, 8, iv, packet),
        EncryptionMethod::TripleDes => with::<des::TdesEde3>(password, 24, iv, packet),
        EncryptionMethod::Cast128 => with::<cast5::Cast5>(password, 16, iv, packet),
        EncryptionMethod::Cast256 => cast_256(password, iv, packet),
        EncryptionMethod::Blowfish => with::<blowfish::Blowfish>(password, 56, iv, packet),
        EncryptionMethod::Twofish => with::<twofish::Twofish>(password, 32, iv, packet),
        EncryptionMethod::Rc2 => with::<rc2::Rc2>(password, 128, iv, packet),
        EncryptionMethod::Serpent => with::<serpent::Serpent>(password, 32, iv, packet),
        EncryptionMethod::Xtea => {
            let cipher = Xtea::new(&key(password));
            encrypt_bytes(&mut iv[..8].to_vec(), packet, |block| cipher.encrypt(block));
        }
        EncryptionMethod::Gost => {
            let cipher = Gost::new(&key(password));
            encrypt_bytes(&mut iv[..8].to_vec(), packet, |block| cipher.encrypt(block));
        }
        EncryptionMethod::Loki97 => {
            let cipher = Loki97::new(&key(password));
            encrypt_bytes(&mut iv[..16].to_vec(), packet, |block| cipher.encrypt(block));
        }
        EncryptionMethod::SaferPlus => {
            let cipher = SaferPlus::new(&key(password));
            encrypt_bytes(&mut iv[..16].to_vec(), packet, |block| cipher.encrypt(block));
        }
        EncryptionMethod::Rijndael128 => rijndael::<16>(password, iv, packet),
        EncryptionMethod::Rijndael192 => rijndael::<24>(password, iv, packet),
        EncryptionMethod::Rijndael256 => rijndael::<32>(password, iv, packet),
    }
}

fn xor(pad: &[u8], packet: &mut [u8]) {
    for (byte, pad) in packet.iter_mut().zip(pad.iter().cycle()) {
        *byte ^= pad;
    }
}

/// libmcrypt reads the words of CAST-256, of the key and of the block alike,
/// in the machine's order, which is little-endian wherever it matters.
fn cast_256(password: &[u8], iv: &[u8; IV_LENGTH], packet: &mut [u8]) {
    let swap = |bytes: &mut [u8]| bytes.chunks_exact_mut(4).for_each(<[u8]>::reverse);
    let mut key: [u8; 32] = key(password);
    swap(&mut key);
    let cipher = cast6::Cast6::new(&key.into());
    encrypt_bytes(&mut iv[..16].to_vec(), packet, |block| {
        swap(block);
        encrypt_block(&cipher, block);
        swap(block);
    });
}

fn rijndael<const SIZE: usize>(password: &[u8], iv: &[u8; IV_LENGTH], packet: &mut [u8]) {
    let cipher = Rijndael::<SIZE>::new(&key(password));
    encrypt_bytes(&mut iv[..SIZE].to_vec(), packet, |block| cipher.encrypt(block));
}

fn with<C: BlockCipherEncrypt + KeyInit>(password: &[u8], key_length: usize, iv: &[u8; IV_LENGTH], packet: &mut [u8]) {
    let mut key = password[..password.len().min(key_length)].to_vec();
    key.resize(key_length, 0);
    let cipher = C::new_from_slice(&key).expect("each cipher is given a length that it takes");
    encrypt_bytes(&mut iv[..C::block_size()].to_vec(), packet, |block| encrypt_block(&cipher, block));
}

fn encrypt_block<C: BlockCipherEncrypt>(cipher: &C, block: &mut [u8]) {
    let block: &mut Block<C> = block.try_into().expect("the register has the length of a block");
    cipher.encrypt_block(block);
}

/// The password cut to the key's length, or padded with zeros.
fn key<const LENGTH: usize>(password: &[u8]) -> [u8; LENGTH] {
    let mut key = [0; LENGTH];
    let length = password.len().min(LENGTH);
    key[..length].copy_from_slice(&password[..length]);
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_have_numbers_and_names() {
        for (text, method) in [
            ("1", EncryptionMethod::Xor),
            ("XOR", EncryptionMethod::Xor),
            ("3DES", EncryptionMethod::TripleDes),
            ("3", EncryptionMethod::TripleDes),
            ("Triple-DES", EncryptionMethod::TripleDes),
            ("RIJNDAEL-256", EncryptionMethod::Rijndael256),
            ("CAST_128", EncryptionMethod::Cast128),
        ] {
            assert_eq!(EncryptionMethod::named(text), Ok(method), "{text}");
        }
        assert_eq!(EncryptionMethod::named("SAFER+"), Ok(EncryptionMethod::SaferPlus));
        let reason = EncryptionMethod::named("WAKE").expect_err("not there");
        assert!(
            reason.starts_with("EncryptionMethod 19 (wake) is not supported, not even by the NSCA daemon itself; ")
        );
        assert!(EncryptionMethod::named("99").expect_err("unknown").starts_with("EncryptionMethod 99 is unknown; "));
    }

    #[test]
    fn xor_uses_the_vector_and_the_password_over_and_over() {
        let mut packet = vec![0; 260];
        encrypt(EncryptionMethod::Xor, b"ab", &[1; IV_LENGTH], &mut packet);
        assert_eq!(packet[..3], [b'a' ^ 1, b'b' ^ 1, b'a' ^ 1]);
        assert_eq!(packet[259], b'b' ^ 1);
        let mut packet = vec![7];
        encrypt(EncryptionMethod::Xor, b"", &[1; IV_LENGTH], &mut packet);
        assert_eq!(packet, [6]);
    }

    /// What libmcrypt 2.5.8 makes of the same key and block.
    #[test]
    fn own_ciphers_encrypt_as_libmcrypt_does() {
        let key: [u8; 32] = std::array::from_fn(|at| u8::try_from(1 + at).expect("a byte"));
        let block: [u8; 16] = std::array::from_fn(|at| u8::try_from(100 + at).expect("a byte"));
        let mut encrypted = block;
        Loki97::new(&key).encrypt(&mut encrypted);
        assert_eq!(u128::from_be_bytes(encrypted), 0x61b0_a9b6_9fb8_5e11_3c0b_96a9_355e_bcce);
        encrypted = block;
        SaferPlus::new(&key).encrypt(&mut encrypted);
        assert_eq!(u128::from_be_bytes(encrypted), 0x8e61_1b81_bbac_0553_65dc_e490_07db_7cb6);
    }

    #[test]
    fn passwords_of_any_length_are_taken() {
        for (_, _, method) in METHODS {
            for length in [0, 1, 7, 33, 200] {
                let mut packet = vec![0; 40];
                encrypt(method.unwrap_or(EncryptionMethod::None), &vec![b'x'; length], &[3; IV_LENGTH], &mut packet);
            }
        }
    }
}
