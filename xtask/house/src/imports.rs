//! Which file of a crate imports which.
//!
//! An import is a path, in a `use` or in code, to an item that another file of the crate defines. A path
//! through a re-export counts as a path to the file that defines the item. `mod child;` is no import,
//! nor is the re-export of an item that a module below defines.

use crate::modules::{Crate, Id, Segments};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// How many re-exports are followed for one name.
const MOST_STEPS: usize = 12;

/// For each file, the files that it imports from.
pub(crate) type Imports<'a> = BTreeMap<&'a Path, BTreeSet<&'a Path>>;

/// What a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    /// A module itself.
    Module(Id),
    /// An item that this module defines.
    Item(Id),
}

/// Which imports count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    All,
    /// Without those of items that a module above defines, as by `use super::Item`.
    NotFromAbove,
}

/// Finds the imports of a crate.
pub(crate) fn of(krate: &Crate, counted: Counted) -> Imports<'_> {
    let mut found = Imports::new();
    for (id, module) in krate.modules.iter().enumerate() {
        let from = found.entry(&module.file).or_default();
        let mut add = |target: Target| {
            if let Target::Item(other) = target {
                let file = &*krate.modules[other].file;
                let is_from_above = counted == Counted::NotFromAbove && krate.is_below(id, other);
                if file != module.file && !is_from_above {
                    from.insert(file);
                }
            }
        };
        for import in &module.imports {
            let targets = krate.resolve(id, &import.path, MOST_STEPS).into_iter();
            let is_reexport = |target: &Target| match target {
                Target::Item(other) => import.is_public && krate.is_below(*other, id),
                Target::Module(_) => false,
            };
            targets.filter(|target| !is_reexport(target)).for_each(&mut add);
        }
        for path in &module.paths {
            krate.resolve(id, path, MOST_STEPS).into_iter().for_each(&mut add);
        }
    }
    found
}

impl Crate {
    /// What a path means in a module. Nothing if it leads out of the crate.
    fn resolve(&self, module: Id, path: &[String], steps: usize) -> Vec<Target> {
        match path {
            [first, rest @ ..] if first == "crate" => self.within(0, rest, steps),
            [first, ..] if first == "self" || first == "super" => self.within(module, path, steps),
            _ => self.named(module, path, steps),
        }
    }

    /// What the rest of a path means, which has led to a module.
    fn within(&self, module: Id, path: &[String], steps: usize) -> Vec<Target> {
        match path {
            [] => vec![Target::Module(module)],
            [first, rest @ ..] if first == "self" => self.within(module, rest, steps),
            [first, rest @ ..] if first == "super" => {
                self.modules[module].parent.map_or_else(Vec::new, |it| self.within(it, rest, steps))
            }
            _ => self.named(module, path, steps),
        }
    }

    /// What a path means that begins with a name in a module.
    fn named(&self, module: Id, path: &[String], steps: usize) -> Vec<Target> {
        let [first, rest @ ..] = path else { return Vec::new() };
        let mut targets = self.lookup(module, first, steps);
        if rest.is_empty() {
            return targets;
        }
        let inner = targets.iter().find_map(|target| match target {
            Target::Module(inner) => Some(*inner),
            Target::Item(_) => None,
        });
        match inner {
            Some(inner) => self.within(inner, rest, steps),
            // What follows the name of a type is associated with it.
            None => {
                targets.dedup();
                targets
            }
        }
    }

    /// What a name means in a module.
    fn lookup(&self, id: Id, name: &str, steps: usize) -> Vec<Target> {
        let Some(steps) = steps.checked_sub(1) else { return Vec::new() };
        let module = &self.modules[id];
        let mut found = Vec::new();
        found.extend(module.children.get(name).map(|child| Target::Module(*child)));
        found.extend(module.items.contains(name).then_some(Target::Item(id)));
        let is_itself = |path: &Segments| matches!(&path[..], [only] if only == name);
        for import in &module.imports {
            if import.name.as_deref() == Some(name) && !is_itself(&import.path) {
                found.extend(self.resolve(id, &import.path, steps));
            }
        }
        if found.is_empty() {
            for import in module.imports.iter().filter(|import| import.name.is_none()) {
                for target in self.resolve(id, &import.path, steps) {
                    match target {
                        Target::Module(other) if other != id => {
                            found.extend(self.lookup(other, name, steps));
                        }
                        _ => {}
                    }
                }
            }
        }
        found
    }

    /// Whether a module is somewhere below another.
    fn is_below(&self, module: Id, other: Id) -> bool {
        let mut parent = self.modules[module].parent;
        while let Some(id) = parent {
            if id == other {
                return true;
            }
            parent = self.modules[id].parent;
        }
        false
    }
}

#[cfg(test)]
#[path = "imports_tests.rs"]
mod tests;
