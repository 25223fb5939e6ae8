//! What the lines of a file are: code, comments, tests, macros.

use anyhow::{Context, Result};
use proc_macro2::{Span, TokenStream, TokenTree};
use std::{fs, ops::RangeInclusive, path::Path};
use syn::{Attribute, Item, Meta, spanned::Spanned};

/// Numbers of lines.
type Lines = RangeInclusive<usize>;

/// A file that was read.
pub(crate) struct Source {
    /// All lines.
    pub(crate) total: usize,
    /// Lines with code outside tests, those of macros included.
    pub(crate) code: usize,
    /// Lines with code that defines macros, outside tests.
    pub(crate) macros: usize,
    /// Lines with code in items that only tests have.
    pub(crate) tests: usize,
    /// Lines that have nothing but a comment.
    pub(crate) comments: usize,
    /// Its items.
    pub(crate) syntax: syn::File,
}

impl Source {
    /// Reads a file.
    ///
    /// # Errors
    /// If it can't be read or is not Rust.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text =
            fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        Self::parse(&text).with_context(|| path.display().to_string())
    }

    /// Reads a file's text.
    ///
    /// # Errors
    /// If it is not Rust.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let tokens: TokenStream =
            text.parse().map_err(|error| anyhow::anyhow!("not Rust: {error}"))?;
        let lines: Vec<&str> = text.lines().collect();
        let mut has_code = vec![false; lines.len()];
        mark(tokens, &lines, &mut has_code);

        let syntax = syn::parse_file(text)?;
        let (mut in_tests, mut in_macros) = (Vec::new(), Vec::new());
        sort_items(&syntax.items, &mut in_tests, &mut in_macros);
        let (mut code, mut macros, mut tests, mut comments) = (0, 0, 0, 0);
        for ((line, has_code), number) in lines.iter().zip(has_code).zip(1..) {
            let is_in = |ranges: &[Lines]| ranges.iter().any(|it| it.contains(&number));
            if line.trim().is_empty() {
                continue;
            } else if !has_code {
                comments += 1;
            } else if is_in(&in_tests) {
                tests += 1;
            } else {
                code += 1;
                macros += usize::from(is_in(&in_macros));
            }
        }
        Ok(Self { total: lines.len(), code, macros, tests, comments, syntax })
    }
}

/// Marks the lines with tokens. The tokens of doc comments do not count.
fn mark(tokens: TokenStream, lines: &[&str], has_code: &mut [bool]) {
    for token in tokens {
        let span = token.span();
        if is_comment(span, lines) {
            continue;
        }
        let mut set = |span: Span| {
            let (from, to) = (span.start().line - 1, span.end().line);
            has_code.iter_mut().take(to).skip(from).for_each(|line| *line = true);
        };
        if let TokenTree::Group(group) = token {
            set(group.span_open());
            set(group.span_close());
            mark(group.stream(), lines, has_code);
        } else {
            set(span);
        }
    }
}

fn is_comment(span: Span, lines: &[&str]) -> bool {
    let start = span.start();
    let Some(line) = lines.get(start.line - 1) else { return false };
    let mut text = line.chars().skip(start.column);
    text.next() == Some('/') && matches!(text.next(), Some('/' | '*'))
}

/// The lines of the items that only tests have, and of the definitions of macros.
fn sort_items(items: &[Item], tests: &mut Vec<Lines>, macros: &mut Vec<Lines>) {
    for item in items {
        let span = item.span();
        let lines = span.start().line..=span.end().line;
        if is_test(attributes(item)) {
            tests.push(lines);
            continue;
        }
        match item {
            Item::Macro(item) if item.mac.path.is_ident("macro_rules") => macros.push(lines),
            Item::Mod(module) => {
                let inner = module.content.as_ref().map_or(&[][..], |(_, items)| items);
                sort_items(inner, tests, macros);
            }
            _ => {}
        }
    }
}

/// The attributes of an item.
pub(crate) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Whether an item exists in tests only.
pub(crate) fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("cfg") => {
            let has = |name| list.tokens.clone().into_iter().any(|it| is_ident(&it, name));
            has("test") && !has("not")
        }
        _ => false,
    })
}

fn is_ident(token: &TokenTree, name: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == name)
}

#[cfg(test)]
#[path = "lines_tests.rs"]
mod tests;
