//! What single decisions and requests cost, printed and not judged:
//! `cargo run --release --package grapnel-api --example cpu`.
//!
//! Time is the processor's, of this process: others that are busy beside it do not count.

mod decisions;
mod measure;
mod requests;

fn main() {
    decisions::print();
    requests::print();
}
