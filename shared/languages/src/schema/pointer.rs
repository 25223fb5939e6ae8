//! JSON pointers (RFC 6901) in schemas and in faults.

/// Longest part of a place, or of a name, that a fault repeats.
pub(super) const MAX_CHARS: usize = 200;

/// A name as a part of a pointer (RFC 6901 section 3), cut to the length that an error repeats.
pub(super) fn escaped(name: &str) -> String {
    let shown: String = name.chars().take(MAX_CHARS).collect();
    shown.replace('~', "~0").replace('/', "~1")
}

/// The pointer of a reference into the schema itself (section 6); `None` for other references.
pub(super) fn pointer(reference: &str) -> Option<String> {
    let fragment = reference.strip_prefix('#')?;
    if !(fragment.is_empty() || fragment.starts_with('/')) {
        return None;
    }
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
        } else {
            byte
        });
    }
    String::from_utf8(bytes).ok()
}
