//! Payload bytes as they are stored in an item.

use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};
use grapnel_domain::event::MAX_DATA_BYTES;
use std::io::{Read, Write};

/// Compresses into the zlib format, whose checksum detects damage. `None` if the encoder fails,
/// which cannot happen when it writes to memory.
pub(super) fn compress(data: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data).ok()?;
    encoder.finish().ok()
}

/// The inverse of [`compress`]. `None` if the bytes are damaged, or if the result is larger than an
/// event may be: a few stored bytes must not become gigabytes.
pub(super) fn decompress(compressed: &[u8]) -> Option<Vec<u8>> {
    let limit = u64::try_from(MAX_DATA_BYTES).ok()?;
    let mut data = Vec::new();
    let mut decoder = ZlibDecoder::new(compressed).take(limit + 1);
    decoder.read_to_end(&mut data).ok()?;
    (data.len() <= MAX_DATA_BYTES).then_some(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_survives_compression() {
        let data = br#"{"a":1}"#.repeat(1000);
        let compressed = compress(&data).expect("compressed");
        assert!(compressed.len() < data.len() / 10);
        assert_eq!(decompress(&compressed), Some(data));
    }

    #[test]
    fn damage_is_noticed_wherever_it_is() {
        let compressed = compress(&b"a payload of some length ".repeat(20)).expect("compressed");
        assert_eq!(decompress(&compressed[..compressed.len() - 1]), None);
        for position in 0..compressed.len() {
            let mut damaged = compressed.clone();
            damaged[position] ^= 0x10;
            assert_eq!(decompress(&damaged), None, "byte {position}");
        }
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        let bomb = compress(&vec![b' '; MAX_DATA_BYTES + 1]).expect("compressed");
        assert!(bomb.len() < 1024);
        assert_eq!(decompress(&bomb), None);
        let largest = compress(&vec![b' '; MAX_DATA_BYTES]).expect("compressed");
        assert_eq!(decompress(&largest).map(|data| data.len()), Some(MAX_DATA_BYTES));
    }
}
