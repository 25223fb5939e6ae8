//! Circles: files of which each imports the others, directly or through others.

use crate::imports::Imports;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// The circles of a crate, the largest first, each with its files in the order of their names.
pub(crate) fn of<'a>(imports: &Imports<'a>) -> Vec<Vec<&'a Path>> {
    let reached: BTreeMap<&Path, BTreeSet<&Path>> =
        imports.keys().map(|file| (*file, reached_from(file, imports))).collect();
    let is_between = |a: &Path, b: &Path| reached.get(a).is_some_and(|files| files.contains(b));
    let mut placed = BTreeSet::new();
    let mut circles = Vec::new();
    for file in imports.keys() {
        if is_between(file, file) && !placed.contains(file) {
            let circle: Vec<&Path> = imports
                .keys()
                .filter(|other| is_between(file, other) && is_between(other, file))
                .copied()
                .collect();
            placed.extend(circle.iter().copied());
            circles.push(circle);
        }
    }
    circles.sort_by_key(|circle| std::cmp::Reverse(circle.len()));
    circles
}

/// The files that a file needs, itself only if a way leads back to it.
fn reached_from<'a>(file: &Path, imports: &Imports<'a>) -> BTreeSet<&'a Path> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&Path> = vec![file];
    while let Some(next) = open.pop() {
        for other in imports.get(next).into_iter().flatten() {
            if reached.insert(*other) {
                open.push(other);
            }
        }
    }
    reached
}
