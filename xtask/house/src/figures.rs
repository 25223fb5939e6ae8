//! What is measured, for each crate and for all.

use crate::{
    checkout::{self, Package, Purpose},
    circles,
    imports::{self, Counted},
    lines::Source,
    modules::{Crate, Files},
};
use anyhow::Result;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};
use syn::{Item, Visibility};

/// The folder and the file that hold the ports.
const PORTS: [&str; 2] = ["shared/domain/src/ports", "shared/domain/src/ports.rs"];

/// Lines that a file may have.
pub(crate) const MOST_LINES: usize = 400;

/// The figures of a crate, or their sums.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) product: usize,
    /// The part of `product` that defines macros.
    pub(crate) macros: usize,
    pub(crate) tests: usize,
    pub(crate) scaffold: usize,
    pub(crate) tooling: usize,
    pub(crate) comments: usize,
    pub(crate) files: usize,
}

impl Counts {
    /// The figures in the order of the table's columns.
    pub(crate) fn all(&self) -> [usize; 7] {
        let Self { product, macros, tests, scaffold, tooling, comments, files } = *self;
        [product, macros, tests, scaffold, tooling, comments, files]
    }

    fn add(&mut self, other: &Self) {
        self.product += other.product;
        self.macros += other.macros;
        self.tests += other.tests;
        self.scaffold += other.scaffold;
        self.tooling += other.tooling;
        self.comments += other.comments;
        self.files += other.files;
    }

    fn count(&mut self, source: &Source, purpose: Purpose) {
        match purpose {
            Purpose::Product => {
                self.product += source.code;
                self.macros += source.macros;
            }
            Purpose::Tests => self.tests += source.code,
            Purpose::Scaffold => self.scaffold += source.code,
            Purpose::Tooling => self.tooling += source.code,
        }
        self.tests += source.tests;
        self.comments += source.comments;
        self.files += 1;
    }
}

/// By the crates' folders, the files of each circle.
pub(crate) type Circles = BTreeMap<String, Vec<Vec<PathBuf>>>;

/// What is measured of a checkout.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    /// By the crates' folders.
    pub(crate) crates: BTreeMap<String, Counts>,
    pub(crate) total: Counts,
    pub(crate) circles: Circles,
    /// Those that remain if imports from a module above do not count.
    pub(crate) circles_between: Circles,
    /// Files with too many lines, and how many.
    pub(crate) long: Vec<(PathBuf, usize)>,
    pub(crate) port_traits: usize,
}

impl Figures {
    /// Measures a checkout.
    ///
    /// # Errors
    /// If a file can't be read or is not Rust.
    pub(crate) fn of(root: &Path) -> Result<Self> {
        let mut figures = Self::default();
        for package in checkout::packages(root)? {
            figures.add(root, package)?;
        }
        Ok(figures)
    }

    fn add(&mut self, root: &Path, package: Package) -> Result<()> {
        let mut sources = BTreeMap::new();
        for path in &package.sources {
            sources.insert(path.as_path(), Source::read(path)?);
        }
        let files: Files<'_> = sources.iter().map(|(path, it)| (*path, &it.syntax)).collect();
        let crates: Vec<Crate> = package
            .sources
            .iter()
            .filter(|path| is_root(path))
            .map(|path| Crate::from_root(path, &files))
            .collect();
        let test_files: BTreeSet<&PathBuf> =
            crates.iter().flat_map(|found| &found.test_files).collect();

        let mut counts = Counts::default();
        for (path, source) in &sources {
            let is_test = test_files.iter().any(|test| test == path);
            let purpose = if is_test { Purpose::Tests } else { package.purpose() };
            counts.count(source, purpose);
            self.note(root, path, source);
        }
        for (paths, purpose) in
            [(&package.tests, Purpose::Tests), (&package.examples, Purpose::Tooling)]
        {
            for path in paths {
                let source = Source::read(path)?;
                counts.count(&source, purpose);
                self.note(root, path, &source);
            }
        }
        for (counted, circles) in
            [(Counted::All, &mut self.circles), (Counted::NotFromAbove, &mut self.circles_between)]
        {
            let mut found = Vec::new();
            for imports in crates.iter().map(|one| imports::of(one, counted)) {
                for circle in circles::of(&imports) {
                    found.push(circle.into_iter().map(|file| relative(root, file)).collect());
                }
            }
            if !found.is_empty() {
                circles.insert(package.name.clone(), found);
            }
        }
        self.total.add(&counts);
        self.crates.insert(package.name, counts);
        Ok(())
    }

    /// Notes a file that is too long, and the traits of a file of ports.
    fn note(&mut self, root: &Path, path: &Path, source: &Source) {
        let path = relative(root, path);
        if PORTS.iter().any(|ports| path.starts_with(ports)) {
            let is_port = |item: &&Item| matches!(item, Item::Trait(it) if matches!(it.vis, Visibility::Public(_)));
            self.port_traits += source.syntax.items.iter().filter(is_port).count();
        }
        if source.total > MOST_LINES {
            self.long.push((path, source.total));
        }
    }
}

/// Whether a crate begins with this file.
fn is_root(path: &Path) -> bool {
    path.ends_with("src/lib.rs")
        || path.ends_with("src/main.rs")
        || path.parent().is_some_and(|folder| folder.ends_with("src/bin"))
}

fn relative(root: &Path, path: &Path) -> PathBuf {
    path.strip_prefix(root).unwrap_or(path).to_owned()
}

#[cfg(test)]
#[path = "figures_tests.rs"]
mod tests;
