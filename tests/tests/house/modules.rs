//! Which file of a crate uses which, read from its `use` items and paths.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, ItemUse, UseTree, Visibility};

/// A module's path inside its crate: `store::search`. The crate's root is empty.
type Module = Vec<String>;

/// The files of one crate, tests left out, and what each of them uses.
#[derive(Debug, Default)]
pub struct Crate {
    /// Each module's file, relative to the crate's `src`.
    files: BTreeMap<Module, String>,
    /// What a module hands on under a name: `pub use query::Query;` or `use super::Hit;`.
    aliases: BTreeMap<(Module, String), Vec<String>>,
    /// Paths that a module names, made absolute.
    named: BTreeMap<Module, BTreeSet<Vec<String>>>,
}

impl Crate {
    /// Reads the crate whose `lib.rs` or `main.rs` lies in that folder.
    pub fn read(source: &Path) -> Self {
        let mut found = Self::default();
        let root = if source.join("lib.rs").exists() { "lib.rs" } else { "main.rs" };
        found.read_module(source, root, Vec::new());
        found
    }

    fn read_module(&mut self, source: &Path, file: &str, module: Module) {
        let text = fs::read_to_string(source.join(file)).expect("a module's file");
        let syntax = syn::parse_file(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
        // Where the modules that this file declares lie.
        let folder = match file.rsplit_once('/') {
            _ if module.is_empty() => String::new(),
            Some((folder, "mod.rs")) => format!("{folder}/"),
            _ => format!("{}/", file.trim_end_matches(".rs")),
        };
        self.files.insert(module.clone(), file.to_owned());
        let mut children = Vec::new();
        Reader { found: self, module: &module, children: &mut children }.visit_file(&syntax);
        for child in children {
            let path = [module.clone(), vec![child.clone()]].concat();
            let beside = format!("{folder}{child}.rs");
            let inside = format!("{folder}{child}/mod.rs");
            let file = if source.join(&beside).exists() { beside } else { inside };
            self.read_module(source, &file, path);
        }
    }

    /// For each file, the other files of the crate that it uses.
    pub fn uses(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut uses: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (module, file) in &self.files {
            let used = uses.entry(file).or_default();
            for path in self.named.get(module).into_iter().flatten() {
                if let Some(target) = self.owner(path, 0)
                    && target != file
                {
                    used.insert(target);
                }
            }
        }
        uses
    }

    /// The file that defines what a path names.
    fn owner(&self, path: &[String], hops: usize) -> Option<&str> {
        let depth = (0..=path.len()).rev().find(|depth| self.files.contains_key(&path[..*depth]))?;
        let module = path[..depth].to_vec();
        let Some(name) = path.get(depth) else {
            // The module itself: who writes `labels::add` after `use super::labels` names that file.
            return self.files.get(&module).map(String::as_str);
        };
        match self.aliases.get(&(module.clone(), name.clone())) {
            Some(behind) if hops < 8 && behind != path => {
                let rest = path[depth + 1..].iter().cloned();
                self.owner(&behind.iter().cloned().chain(rest).collect::<Vec<_>>(), hops + 1)
            }
            _ => self.files.get(&module).map(String::as_str),
        }
    }
}

/// Whether an item is for tests only.
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.meta.require_list().is_ok_and(|list| {
                let condition = list.tokens.to_string();
                condition.split(|letter: char| !letter.is_alphanumeric()).any(|word| word == "test")
                    && !condition.contains("not")
            })
    })
}

struct Reader<'a> {
    found: &'a mut Crate,
    module: &'a Module,
    children: &'a mut Vec<String>,
}

impl Reader<'_> {
    /// The path from the crate's root, or none for what another crate has.
    fn absolute(&self, path: &[String]) -> Option<Vec<String>> {
        let mut base = self.module.clone();
        let mut rest = path;
        match path.first()?.as_str() {
            "crate" => {
                base.clear();
                rest = &path[1..];
            }
            "self" => rest = &path[1..],
            "super" => {
                while let Some(("super", more)) =
                    rest.split_first().map(|(first, more)| (first.as_str(), more))
                {
                    base.pop()?;
                    rest = more;
                }
            }
            // A child module, named as it stands: `pub use query::Query;`.
            child if self.children.iter().any(|known| known == child) => {}
            _ => return None,
        }
        base.extend(rest.iter().cloned());
        Some(base)
    }

    fn import(&mut self, before: &[String], tree: &UseTree) {
        let with = |name: String| [before, &[name]].concat();
        let (path, name) = match tree {
            UseTree::Path(inner) => return self.import(&with(inner.ident.to_string()), &inner.tree),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(before, tree);
                }
                return;
            }
            UseTree::Name(name) if name.ident == "self" => (before.to_vec(), before.last().cloned()),
            UseTree::Name(name) => (with(name.ident.to_string()), Some(name.ident.to_string())),
            UseTree::Rename(renamed) => (with(renamed.ident.to_string()), Some(renamed.rename.to_string())),
            UseTree::Glob(_) => (before.to_vec(), None),
        };
        if let Some(path) = self.absolute(&path) {
            if let Some(name) = name {
                self.found.aliases.insert((self.module.clone(), name), path.clone());
            }
            self.name(path);
        }
    }

    fn name(&mut self, path: Vec<String>) {
        self.found.named.entry(self.module.clone()).or_default().insert(path);
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_file(&mut self, file: &'ast syn::File) {
        // First which modules there are: a `pub use` may stand before them.
        for item in &file.items {
            if let Item::Mod(ItemMod { attrs, ident, content: None, .. }) = item
                && !is_test(attrs)
            {
                self.children.push(ident.to_string());
            }
        }
        visit::visit_file(self, file);
    }

    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = match item {
            Item::Mod(item) => &item.attrs,
            Item::Fn(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Const(item) => &item.attrs,
            Item::Struct(item) => &item.attrs,
            _ => &Vec::new(),
        };
        if !is_test(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        // What is handed on is used by whoever names it, not here.
        let before = self.found.named.get(self.module).cloned();
        self.import(&[], &item.tree);
        if !matches!(item.vis, Visibility::Inherited) {
            self.found.named.insert(self.module.clone(), before.unwrap_or_default());
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if segments.len() > 1
            && let Some(path) = self.absolute(&segments)
        {
            self.name(path);
        }
        visit::visit_path(self, path);
    }
}

/// The groups of files that use each other in a circle, largest first.
pub fn circles<'a>(uses: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> Vec<BTreeSet<&'a str>> {
    let reachable = |from: &'a str| -> BTreeSet<&'a str> {
        let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
        while let Some(file) = next.pop() {
            for used in uses.get(file).into_iter().flatten() {
                if seen.insert(*used) {
                    next.push(used);
                }
            }
        }
        seen
    };
    let all: BTreeMap<&str, BTreeSet<&str>> = uses.keys().map(|file| (*file, reachable(file))).collect();
    let mut found: BTreeSet<BTreeSet<&str>> = BTreeSet::new();
    for (file, reached) in &all {
        if reached.contains(file) {
            found.insert(reached.iter().copied().filter(|other| all[other].contains(file)).collect());
        }
    }
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_by_key(|circle| std::cmp::Reverse(circle.len()));
    found
}
