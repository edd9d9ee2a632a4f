//! Cipher feedback of eight bits, the mode that libmcrypt calls `cfb`.

/// Encrypts the bytes one by one: each is combined with the first byte of the
/// encrypted register, into which the result is then shifted.
pub(crate) fn encrypt_bytes(register: &mut [u8], bytes: &mut [u8], encrypt_block: impl Fn(&mut [u8])) {
    let mut block = register.to_vec();
    for byte in bytes {
        block.copy_from_slice(register);
        encrypt_block(&mut block);
        *byte ^= block[0];
        register.rotate_left(1);
        if let Some(last) = register.last_mut() {
            *last = *byte;
        }
    }
}
