//! The modules of a crate: what each defines, imports and names.

use crate::lines::{attributes, is_test};
use proc_macro2::{TokenStream, TokenTree};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};
use syn::{
    Attribute, Expr, Item, ItemUse, Lit, Meta, UseTree, Visibility,
    visit::{self, Visit},
};

/// The files of a crate, read.
pub(crate) type Files<'a> = BTreeMap<&'a Path, &'a syn::File>;

/// The place of a module in [`Crate::modules`].
pub(crate) type Id = usize;

/// The segments of a path as it is written.
pub(crate) type Segments = Vec<String>;

/// A module without what only tests have.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) parent: Option<Id>,
    /// Where its items are written.
    pub(crate) file: PathBuf,
    pub(crate) children: BTreeMap<String, Id>,
    /// The names of its items, modules excepted.
    pub(crate) items: BTreeSet<String>,
    /// Its `use`.
    pub(crate) imports: Vec<Import>,
    /// The other paths in its code.
    pub(crate) paths: BTreeSet<Segments>,
}

/// One name that a `use` brings, or all of a module.
#[derive(Debug)]
pub(crate) struct Import {
    pub(crate) path: Segments,
    /// The name in this module; `None` if the path is followed by `*`.
    pub(crate) name: Option<String>,
    /// Whether others can reach the name through this module.
    pub(crate) is_public: bool,
}

/// The modules of a library or a program.
#[derive(Debug, Default)]
pub(crate) struct Crate {
    /// The first is the root.
    pub(crate) modules: Vec<Module>,
    /// Files that only tests have.
    pub(crate) test_files: BTreeSet<PathBuf>,
}

impl Crate {
    /// Follows the modules from a crate's root.
    pub(crate) fn from_root(root: &Path, files: &Files<'_>) -> Self {
        let mut found = Self::default();
        if let Some(syntax) = files.get(root) {
            let folder = root.parent().unwrap_or(root);
            found.add(None, root, folder, &syntax.items, files);
        }
        found
    }

    /// Adds a module and those below it. `folder` has the files of its children.
    fn add(
        &mut self,
        parent: Option<Id>,
        file: &Path,
        folder: &Path,
        items: &[Item],
        files: &Files<'_>,
    ) -> Id {
        let id = self.modules.len();
        self.modules.push(Module {
            parent,
            file: file.to_owned(),
            children: BTreeMap::new(),
            items: BTreeSet::new(),
            imports: Vec::new(),
            paths: BTreeSet::new(),
        });
        for item in items {
            if let Item::Mod(module) = item {
                let name = module.ident.to_string();
                let is_test = is_test(&module.attrs);
                if let Some((_, items)) = &module.content {
                    if !is_test {
                        let child = self.add(Some(id), file, &folder.join(&name), items, files);
                        self.modules[id].children.insert(name, child);
                    }
                } else if let Some(file) = file_of(&name, &module.attrs, file, folder, files) {
                    let below = folder_below(&file);
                    let Some(syntax) = files.get(&*file) else { continue };
                    if is_test {
                        self.add_tests(&file, &below, &syntax.items, files);
                    } else {
                        let child = self.add(Some(id), &file, &below, &syntax.items, files);
                        self.modules[id].children.insert(name, child);
                    }
                }
            } else if !is_test(attributes(item)) {
                let module = &mut self.modules[id];
                module.items.extend(name_of(item));
                Reader { module }.visit_item(item);
            }
        }
        id
    }

    /// Notes the files of a module of tests.
    fn add_tests(&mut self, file: &Path, folder: &Path, items: &[Item], files: &Files<'_>) {
        self.test_files.insert(file.to_owned());
        for item in items {
            let Item::Mod(module) = item else { continue };
            let name = module.ident.to_string();
            if let Some(file) = file_of(&name, &module.attrs, file, folder, files) {
                let Some(syntax) = files.get(&*file) else { continue };
                self.add_tests(&file, &folder_below(&file), &syntax.items, files);
            }
        }
    }
}

/// The file that `mod name;` stands for.
fn file_of(
    name: &str,
    attributes: &[Attribute],
    file: &Path,
    folder: &Path,
    files: &Files<'_>,
) -> Option<PathBuf> {
    let given = attributes.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Some(text.value()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    });
    let candidates = match given {
        Some(given) => vec![file.parent()?.join(given)],
        None => vec![folder.join(format!("{name}.rs")), folder.join(name).join("mod.rs")],
    };
    candidates.into_iter().find(|it| files.contains_key(&**it))
}

/// Where the children of a module's file are.
fn folder_below(file: &Path) -> PathBuf {
    if file.file_name().is_some_and(|name| name == "mod.rs") {
        file.parent().unwrap_or(file).to_owned()
    } else {
        file.with_extension("")
    }
}

/// The name of an item that a path can end with.
fn name_of(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::TraitAlias(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

/// Collects the paths of an item.
struct Reader<'a> {
    module: &'a mut Module,
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            let segments = path.segments.iter().map(|it| it.ident.to_string()).collect();
            self.module.paths.insert(segments);
        }
        visit::visit_path(self, path);
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if item.leading_colon.is_none() {
            let is_public = !matches!(item.vis, Visibility::Inherited);
            flatten(&item.tree, &mut Vec::new(), is_public, &mut self.module.imports);
        }
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        visit::visit_macro(self, call);
        read_tokens(call.tokens.clone(), &mut self.module.paths);
    }
}

/// The imports of a `use`. Those of a function's own `use` count as the module's.
fn flatten(tree: &UseTree, before: &mut Segments, is_public: bool, imports: &mut Vec<Import>) {
    let mut add = |last: Option<&syn::Ident>, name: Option<&syn::Ident>| {
        let last = last.filter(|it| *it != "self").map(ToString::to_string);
        let path: Segments = before.iter().cloned().chain(last).collect();
        let name = name.filter(|it| *it != "self").map(ToString::to_string);
        let name = name.or_else(|| path.last().cloned());
        imports.push(Import { path, name, is_public });
    };
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            flatten(&path.tree, before, is_public, imports);
            before.pop();
        }
        UseTree::Name(name) => add(Some(&name.ident), Some(&name.ident)),
        UseTree::Rename(rename) => add(Some(&rename.ident), Some(&rename.rename)),
        UseTree::Glob(_) => imports.push(Import { path: before.clone(), name: None, is_public }),
        UseTree::Group(group) => {
            group.items.iter().for_each(|tree| flatten(tree, before, is_public, imports));
        }
    }
}

/// The paths in the tokens of a macro.
fn read_tokens(tokens: TokenStream, paths: &mut BTreeSet<Segments>) {
    let mut path: Segments = Vec::new();
    // How many colons follow the last name.
    let mut colons = 0;
    let mut end = |path: &mut Segments| {
        if !path.is_empty() {
            paths.insert(std::mem::take(path));
        }
    };
    let mut groups = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                if colons != 2 {
                    end(&mut path);
                }
                path.push(ident.to_string());
                colons = 0;
            }
            TokenTree::Punct(punct) if punct.as_char() == ':' && !path.is_empty() => colons += 1,
            other => {
                end(&mut path);
                colons = 0;
                if let TokenTree::Group(group) = other {
                    groups.push(group.stream());
                }
            }
        }
    }
    end(&mut path);
    groups.into_iter().for_each(|group| read_tokens(group, paths));
}
