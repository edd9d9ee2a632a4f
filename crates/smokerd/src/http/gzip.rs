//! Compresses pieces of a page while it is sent.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

/// The compressed pieces: some are empty, since small ones are collected.
pub(crate) fn gzipped<T: AsRef<[u8]>>(pieces: impl Iterator<Item = T> + Send) -> impl Iterator<Item = Vec<u8>> + Send {
    let mut pieces = pieces;
    let mut encoder = Some(GzEncoder::new(Vec::new(), Compression::fast()));
    std::iter::from_fn(move || {
        let compressing = encoder.as_mut()?;
        match pieces.next() {
            // Writing into a vector cannot fail.
            Some(piece) => compressing.write_all(piece.as_ref()).ok().map(|()| std::mem::take(compressing.get_mut())),
            None => encoder.take()?.finish().ok(),
        }
    })
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn all_pieces_come_back_in_their_order() {
        let pieces = ["a".repeat(100_000), String::new(), "č".to_owned()];
        let whole = pieces.concat();
        let compressed = gzipped(pieces.into_iter()).collect::<Vec<_>>().concat();
        assert!(compressed.len() < 1000);
        let mut text = String::new();
        GzDecoder::new(&*compressed).read_to_string(&mut text).expect("gzip");
        assert!(text == whole);
    }
}
