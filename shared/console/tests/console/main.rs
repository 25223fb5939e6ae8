//! The pages over an API that answers as a test says.

mod edit;
mod embedding;
mod fake;
mod forms;
mod overview;
mod pages;
mod replays;
mod samples;
mod sign_in;
mod text;
mod theme;
mod verify;
