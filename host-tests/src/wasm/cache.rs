//! Keeps compiled modules on disk: compiling takes seconds, loading a compiled module takes milliseconds.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use wasmtime::{Engine, Module};

use super::trap::plain;

/// A folder of compiled modules, safe to share between processes.
pub(super) struct Cache {
    folder: PathBuf,
}

/// Where a compiled module came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Compiled,
    Cached,
}

impl Cache {
    /// The folder may be missing.
    pub(super) fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Loads the compiled form of a module, or compiles it and keeps the result.
    pub(super) fn compile(&self, engine: &Engine, wasm: &[u8]) -> Result<(Module, Origin)> {
        let path = self.folder.join(name(engine, wasm));
        if let Some(module) = load(engine, &path) {
            return Ok((module, Origin::Cached));
        }
        let module = Module::new(engine, wasm).map_err(plain).context("compiling the module")?;
        self.store(&path, &module.serialize().map_err(plain)?)
            .with_context(|| format!("keeping the compiled module in {}", path.display()))?;
        Ok((module, Origin::Compiled))
    }

    /// A checksum in front; the rename makes the file appear whole or not at all.
    fn store(&self, path: &Path, compiled: &[u8]) -> Result<()> {
        fs::create_dir_all(&self.folder)?;
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(&Sha256::digest(compiled))?;
        file.write_all(compiled)?;
        file.persist(path)?;
        Ok(())
    }
}

/// The module, wasmtime's version, its settings and this CPU all decide what the compiled code is.
fn name(engine: &Engine, wasm: &[u8]) -> String {
    let mut settings = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut settings);
    let digest: String = Sha256::digest(wasm).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{digest}-{:016x}.cwasm", settings.finish())
}

/// `None` for a file that is missing, damaged or from another wasmtime: it is then made anew.
fn load(engine: &Engine, path: &Path) -> Option<Module> {
    let file = fs::read(path).ok()?;
    let (checksum, compiled) = file.split_at_checked(32)?;
    if Sha256::digest(compiled).as_slice() != checksum {
        return None;
    }
    deserialize(engine, compiled)
}

#[expect(unsafe_code, reason = "wasmtime cannot check machine code; this is what `store` wrote, its checksum matched")]
fn deserialize(engine: &Engine, compiled: &[u8]) -> Option<Module> {
    // SAFETY: the bytes are `Module::serialize`'s, unchanged, and their name carries the engine's compatibility hash.
    unsafe { Module::deserialize(engine, compiled) }.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WASM: &[u8] = b"\0asm\x01\0\0\0";

    fn cache() -> (tempfile::TempDir, Cache, Engine) {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path().join("new"));
        (folder, cache, Engine::default())
    }

    #[test]
    fn the_second_load_is_from_disk() {
        let (_folder, cache, engine) = cache();
        assert_eq!(cache.compile(&engine, WASM).unwrap().1, Origin::Compiled);
        assert_eq!(cache.compile(&engine, WASM).unwrap().1, Origin::Cached);
    }

    #[test]
    fn a_cached_module_does_the_same_work() {
        let (_folder, cache, _) = cache();
        let engine = Engine::new(wasmtime::Config::new().consume_fuel(true)).unwrap();
        let wasm = r#"(module (func $f (export "f") (param i32) (result i32)
            (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0)) (else
                (i32.add (call $f (i32.sub (local.get 0) (i32.const 1)))
                    (call $f (i32.sub (local.get 0) (i32.const 2))))))))"#;
        let wasm = wat::parse_str(wasm).unwrap();
        let run = |expected| {
            let (module, origin) = cache.compile(&engine, &wasm).unwrap();
            assert_eq!(origin, expected);
            let mut store = wasmtime::Store::new(&engine, ());
            store.set_fuel(1_000_000).unwrap();
            let instance = wasmtime::Instance::new(&mut store, &module, &[]).unwrap();
            let f = instance.get_typed_func::<u32, u32>(&mut store, "f").unwrap();
            (f.call(&mut store, 15).unwrap(), store.get_fuel().unwrap())
        };
        let compiled = run(Origin::Compiled);
        assert_eq!(compiled.0, 610);
        assert_eq!(compiled, run(Origin::Cached));
    }

    #[test]
    fn other_settings_are_another_entry() {
        let (_folder, cache, engine) = cache();
        cache.compile(&engine, WASM).unwrap();
        let fuelled = Engine::new(wasmtime::Config::new().consume_fuel(true)).unwrap();
        assert_eq!(cache.compile(&fuelled, WASM).unwrap().1, Origin::Compiled);
        assert_eq!(cache.compile(&engine, WASM).unwrap().1, Origin::Cached, "the first is still there");
    }

    #[test]
    fn a_damaged_entry_is_compiled_anew() {
        let (_folder, cache, engine) = cache();
        cache.compile(&engine, WASM).unwrap();
        let path = cache.folder.join(name(&engine, WASM));
        let whole = fs::read(&path).unwrap();
        let mut flipped = whole.clone();
        flipped[whole.len() / 2] ^= 1;
        for damaged in [&flipped[..], &whole[..whole.len() - 1], &whole[..7], &[]] {
            fs::write(&path, damaged).unwrap();
            assert_eq!(cache.compile(&engine, WASM).unwrap().1, Origin::Compiled);
            assert_eq!(cache.compile(&engine, WASM).unwrap().1, Origin::Cached);
        }
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_an_error() {
        let (folder, _, engine) = cache();
        fs::write(folder.path().join("file"), b"").unwrap();
        let cache = Cache::at(folder.path().join("file/inside"));
        let error = cache.compile(&engine, WASM).unwrap_err();
        assert!(format!("{error:#}").contains("file/inside"), "{error:#}");
    }
}
