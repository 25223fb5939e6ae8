use super::*;
use crate::{
    circles,
    modules::{Crate, Files},
};
use std::path::PathBuf;

/// A crate's files and their text; `lib.rs` is the root.
struct Sources(Vec<(PathBuf, syn::File)>);

impl Sources {
    fn new(files: &[(&str, &str)]) -> Self {
        let parse = |text| syn::parse_file(text).expect("Rust");
        Self(files.iter().map(|(path, text)| (path.into(), parse(text))).collect())
    }

    fn read(&self) -> Crate {
        let files: Files<'_> = self.0.iter().map(|(path, file)| (path.as_path(), file)).collect();
        Crate::from_root(Path::new("lib.rs"), &files)
    }
}

/// Each import as `from > to`.
fn imports(files: &[(&str, &str)]) -> Vec<String> {
    let krate = Sources::new(files).read();
    let found = of(&krate, Counted::All);
    let pairs = found.iter().flat_map(|(from, to)| to.iter().map(move |to| (from, to)));
    pairs.map(|(from, to)| format!("{} > {}", from.display(), to.display())).collect()
}

fn circles(files: &[(&str, &str)]) -> Vec<Vec<PathBuf>> {
    let krate = Sources::new(files).read();
    let found = circles::of(&of(&krate, Counted::All));
    found.into_iter().map(|files| files.into_iter().map(Path::to_owned).collect()).collect()
}

#[test]
fn a_path_in_a_use_and_a_path_in_code_are_imports() {
    for a in [
        "use crate::b::B;",
        "use super::b::{self, B as C};",
        "use crate::b; fn f() { b::g(); }",
        "fn f() -> crate::b::B { panic!() }",
        "fn f() { use crate::b::B; }",
        "fn f(it: u8) { matches!(it, crate::b::X) }",
        "use crate::*; fn f() { b::B::new(); }",
        "impl crate::b::T for u8 {}",
    ] {
        let b = "pub struct B; pub fn g() {} pub const X: u8 = 1; pub trait T {}";
        let found = imports(&[("lib.rs", "mod a; mod b;"), ("a.rs", a), ("b.rs", b)]);
        assert_eq!(found, ["a.rs > b.rs"], "{a}");
    }
}

#[test]
fn modules_other_crates_and_the_own_file_are_no_imports() {
    for a in [
        "use crate::b;",
        "use std::b::B; use ::b::B;",
        "struct B; fn f() -> self::B { B }",
        "mod inner { pub struct B; } use inner::B;",
        "pub(in crate::b) struct A;",
        "/// [`crate::b::B`]\nstruct A;",
    ] {
        let files = [("lib.rs", "mod a; mod b;"), ("a.rs", a), ("b.rs", "pub struct B;")];
        assert_eq!(imports(&files), [""; 0], "{a}");
    }
}

#[test]
fn what_a_parent_re_exports_is_imported_from_where_it_is_defined() {
    let files = [
        ("lib.rs", "mod a; mod b; pub use b::B; pub(crate) use b::*;"),
        ("a.rs", "use crate::B; fn f() { crate::g(); }"),
        ("b.rs", "mod c; pub use c::g;"),
        ("b/c.rs", "pub struct B; pub fn g() {}"),
    ];
    assert_eq!(imports(&files), ["a.rs > b/c.rs"]);
}

#[test]
fn a_parent_that_uses_what_it_re_exports_imports_it() {
    let used = [("lib.rs", "mod b; pub use b::B; fn f(_: B) {}"), ("b.rs", "pub struct B;")];
    assert_eq!(imports(&used), ["lib.rs > b.rs"]);
    let private = [("lib.rs", "mod b; use b::B;"), ("b.rs", "pub struct B;")];
    assert_eq!(imports(&private), ["lib.rs > b.rs"]);
    let sibling =
        [("lib.rs", "mod a; mod b;"), ("a.rs", "pub use crate::b::B;"), ("b.rs", "pub struct B;")];
    assert_eq!(imports(&sibling), ["a.rs > b.rs"]);
}

#[test]
fn a_circle_is_found_and_what_only_leads_to_it_is_not_in_it() {
    let files = [
        ("lib.rs", "mod a; mod b; mod c; mod d; use d::D;"),
        ("a.rs", "use crate::b::B; pub struct A;"),
        ("b.rs", "use crate::c::C; pub struct B;"),
        ("c.rs", "use crate::{a::A, d::D}; pub struct C;"),
        ("d.rs", "pub struct D;"),
    ];
    assert_eq!(circles(&files), [["a.rs", "b.rs", "c.rs"].map(PathBuf::from)]);
}

#[test]
fn two_circles_are_two() {
    let files = [
        ("lib.rs", "mod a; mod b; mod c; use a::A; use b::B; pub struct Top;"),
        ("a.rs", "use super::Top; pub struct A;"),
        ("b.rs", "use crate::c::C; pub struct B;"),
        ("c.rs", "use crate::b::B; pub struct C;"),
    ];
    let expected = [["a.rs", "lib.rs"], ["b.rs", "c.rs"]].map(|files| files.map(PathBuf::from));
    assert_eq!(circles(&files), expected);
}

#[test]
fn imports_from_a_module_above_can_be_left_out() {
    let krate = Sources::new(&[
        ("lib.rs", "mod a; use a::A; pub struct Top;"),
        ("a.rs", "mod b; use b::B; pub struct A;"),
        ("a/b.rs", "use super::A; use crate::Top; pub struct B;"),
    ])
    .read();
    assert_eq!(circles::of(&of(&krate, Counted::All)).len(), 1);
    assert!(circles::of(&of(&krate, Counted::NotFromAbove)).is_empty());
}

#[test]
fn tests_are_left_out_and_their_files_are_known() {
    let sources = Sources::new(&[
        ("lib.rs", "mod a; #[cfg(test)] #[path = \"a_tests.rs\"] mod tests;"),
        ("a.rs", "#[cfg(test)] use crate::b::B; #[cfg(test)] mod tests { use crate::b::B; }"),
        ("b.rs", "pub struct B;"),
        ("a_tests.rs", "mod more; use crate::a::A;"),
        ("a_tests/more.rs", ""),
    ]);
    let krate = sources.read();
    assert!(of(&krate, Counted::All).values().all(BTreeSet::is_empty));
    let expected = ["a_tests.rs", "a_tests/more.rs"].map(PathBuf::from).into();
    assert_eq!(krate.test_files, expected);
}

#[test]
fn a_re_export_of_itself_ends() {
    let files = [("lib.rs", "mod a; pub use a::*; use a::b;"), ("a.rs", "pub use crate::*;")];
    assert_eq!(imports(&files), [""; 0]);
}
