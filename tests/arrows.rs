//! Which module of a crate uses which, read from the sources.
//!
//! A *room* is a module that `lib.rs` declares, with all files below it. `lib.rs` declares the rooms
//! from the lowest layer to the highest: an arrow *goes back* if a room uses one that is declared
//! after it. Unit tests are left out, because they may use anything.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::{fs, io};
use syn::visit::Visit;
use syn::{Attribute, File, Item, Macro, UseTree};

/// A module's name, from the crate's root: `["trace", "replay"]`.
pub type Module = Vec<String>;

/// The modules of a crate, and which uses which.
#[derive(Debug, Default)]
pub struct Arrows {
    /// The rooms, as `lib.rs` declares them.
    pub rooms: Vec<String>,
    /// The modules that each file uses, itself and its own folder apart.
    pub uses: BTreeMap<Module, BTreeSet<Module>>,
}

/// A crate that could not be read.
#[derive(Debug)]
pub enum ReadError {
    /// A folder or a file cannot be opened.
    Io(io::Error),
    /// A file is not Rust.
    Syntax(syn::Error),
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        ReadError::Io(error)
    }
}

impl From<syn::Error> for ReadError {
    fn from(error: syn::Error) -> Self {
        ReadError::Syntax(error)
    }
}

impl Arrows {
    /// Reads the sources of the crate in this folder.
    ///
    /// # Errors
    /// Where a source cannot be read, or is not Rust.
    pub fn of_crate(folder: &Path) -> Result<Arrows, ReadError> {
        let mut files = BTreeMap::new();
        read_folder(&folder.join("src"), &Module::new(), &mut files)?;
        let root = files.remove(&Module::new());
        let rooms = root.as_ref().map(declared).unwrap_or_default();
        let aliases = root.as_ref().map(exported).unwrap_or_default();
        let mut arrows = Arrows { rooms, ..Arrows::default() };
        for (module, file) in &files {
            let mut found = Paths { module, found: Vec::new() };
            found.visit_file(file);
            let known = |path: &Module| longest_known(&files, &resolved(path, &aliases));
            let used = found.found.iter().filter_map(known);
            let used =
                used.filter(|other| !other.starts_with(module) && !module.starts_with(other));
            arrows.uses.insert(module.clone(), used.collect());
        }
        Ok(arrows)
    }

    /// Which rooms each room uses, in the order of `lib.rs`.
    pub fn between_rooms(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut between = BTreeMap::<&str, BTreeSet<&str>>::new();
        for (module, used) in &self.uses {
            let others =
                used.iter().map(|other| other[0].as_str()).filter(|other| *other != module[0]);
            between.entry(&module[0]).or_default().extend(others);
        }
        between
    }

    /// The arrows that go back: from a room to one that is declared after it.
    pub fn back(&self) -> Vec<(&str, &str)> {
        let layer = |room: &str| self.rooms.iter().position(|declared| declared == room);
        let between = self.between_rooms();
        let arrows = between
            .into_iter()
            .flat_map(|(room, used)| used.into_iter().map(move |other| (room, other)));
        arrows.filter(|(room, other)| layer(room) <= layer(other)).collect()
    }

    /// The largest sets of files in which every file leads, by arrows, to every other.
    pub fn circles(&self) -> Vec<Vec<&Module>> {
        let reached: BTreeMap<&Module, BTreeSet<&Module>> =
            self.uses.keys().map(|module| (module, self.reached_from(module))).collect();
        let mut circles = BTreeSet::new();
        for (module, others) in &reached {
            let back = others
                .iter()
                .filter(|other| reached.get(*other).is_some_and(|r| r.contains(module)));
            let circle: Vec<&Module> = back.copied().collect();
            if !circle.is_empty() {
                circles.insert(circle);
            }
        }
        circles.into_iter().collect()
    }

    fn reached_from<'a>(&'a self, module: &'a Module) -> BTreeSet<&'a Module> {
        let mut reached = BTreeSet::new();
        let mut open = vec![module];
        while let Some(next) = open.pop() {
            for other in self.uses.get(next).into_iter().flatten() {
                if reached.insert(other) {
                    open.push(other);
                }
            }
        }
        reached
    }
}

fn read_folder(
    folder: &Path,
    above: &Module,
    files: &mut BTreeMap<Module, File>,
) -> Result<(), ReadError> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let mut module = above.clone();
        if path.is_dir() {
            module.push(name);
            read_folder(&path, &module, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && name != "tests"
            && name != "main"
        {
            if !["lib", "mod"].contains(&name.as_str()) {
                module.push(name);
            }
            files.insert(module, syn::parse_file(&fs::read_to_string(&path)?)?);
        }
    }
    Ok(())
}

fn declared(root: &File) -> Vec<String> {
    let name = |item: &Item| match item {
        Item::Mod(module) if !is_for_tests(&module.attrs) => Some(module.ident.to_string()),
        _ => None,
    };
    root.items.iter().filter_map(name).collect()
}

/// The names that `lib.rs` exports from its rooms, and what they stand for.
fn exported(root: &File) -> BTreeMap<String, Module> {
    let mut exported = BTreeMap::new();
    for item in &root.items {
        if let Item::Use(item) = item {
            for path in leaves(&item.tree) {
                let path: Module =
                    path.into_iter().skip_while(|part| part == "crate" || part == "self").collect();
                if let Some(last) = path.last() {
                    exported.insert(last.clone(), path.clone());
                }
            }
        }
    }
    exported
}

fn resolved(path: &Module, aliases: &BTreeMap<String, Module>) -> Module {
    match path.split_first().and_then(|(first, rest)| Some((aliases.get(first)?, rest))) {
        Some((alias, rest)) => alias.iter().chain(rest).cloned().collect(),
        None => path.clone(),
    }
}

/// The deepest module on this path that has a file.
fn longest_known(files: &BTreeMap<Module, File>, path: &Module) -> Option<Module> {
    (1..=path.len())
        .rev()
        .map(|length| path[..length].to_vec())
        .find(|module| files.contains_key(module))
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    let is_test = |attribute: &Attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
    };
    attributes.iter().any(is_test)
}

/// All paths that a `use` names.
fn leaves(tree: &UseTree) -> Vec<Module> {
    let below = |name: String, rest: Vec<Module>| {
        rest.into_iter().map(|path| std::iter::once(name.clone()).chain(path).collect()).collect()
    };
    match tree {
        UseTree::Path(path) => below(path.ident.to_string(), leaves(&path.tree)),
        UseTree::Name(name) => vec![vec![name.ident.to_string()]],
        UseTree::Rename(name) => vec![vec![name.ident.to_string()]],
        UseTree::Glob(_) => vec![Module::new()],
        UseTree::Group(group) => group.items.iter().flat_map(leaves).collect(),
    }
}

/// Collects the paths that a file names within its crate.
struct Paths<'a> {
    module: &'a Module,
    found: Vec<Module>,
}

impl Paths<'_> {
    /// Takes in a path, if it leads into this crate.
    fn name(&mut self, path: &[String]) {
        let Some((first, mut rest)) = path.split_first() else { return };
        let mut base = match first.as_str() {
            "crate" => Module::new(),
            "self" => self.module.clone(),
            "super" => self.module[..self.module.len() - 1].to_vec(),
            _ => return,
        };
        while let Some((_, after)) = rest.split_first().filter(|(first, _)| *first == "super") {
            base.pop();
            rest = after;
        }
        base.extend(rest.iter().cloned());
        self.found.push(base);
    }
}

impl<'ast> Visit<'ast> for Paths<'_> {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if !is_for_tests(&module.attrs) {
            syn::visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        for path in leaves(&item.tree) {
            self.name(&path);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> =
            path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.name(&names);
        syn::visit::visit_path(self, path);
    }

    /// A macro's arguments are tokens: a path into the crate is found in their text.
    fn visit_macro(&mut self, call: &'ast Macro) {
        let text = call.tokens.to_string().replace(' ', "");
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
        for (start, _) in text.match_indices("crate::") {
            let path = text[start..].split(|c| !is_part(c)).next().unwrap_or_default();
            let names: Vec<String> = path.split("::").map(str::to_owned).collect();
            self.name(&names);
        }
        syn::visit::visit_macro(self, call);
    }
}
