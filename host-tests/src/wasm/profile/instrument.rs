//! Rewrites a module: each function gets a twin that enters, calls it, and leaves. Whoever called the function calls the twin.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{CodeSection, EntityType, Function, FunctionSection, ImportSection, TypeSection, ValType};
use wasmparser::{
    CodeSectionReader, FunctionSectionReader, ImportSectionReader, KnownCustom, Name, Parser, Payload, TypeRef,
};

/// Fuel of a twin beside the function's own: its calls and constants. Parameters are not counted.
pub(super) const OVERHEAD: u64 = 4;

/// A module with hooks, and the names of its functions by their index in the original.
pub(crate) struct Instrumented {
    pub(crate) wasm: Vec<u8>,
    pub(crate) names: BTreeMap<u32, String>,
}

/// Puts the hooks in.
pub(crate) fn instrument(wasm: &[u8]) -> Result<Instrumented> {
    let mut rewriter = Rewriter::read(wasm)?;
    let names = std::mem::take(&mut rewriter.names);
    let mut module = wasm_encoder::Module::new();
    rewriter.parse_core_module(&mut module, Parser::new(0), wasm).map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(Instrumented { wasm: module.finish(), names })
}

#[derive(Default)]
struct Rewriter {
    imported: u32,
    /// For each function of the module's own: its type, and the number of its parameters.
    functions: Vec<(u32, u32)>,
    /// The types of the hooks, behind the module's own.
    types: u32,
    names: BTreeMap<u32, String>,
}

/// The hooks come behind the module's own imports.
const HOOKS: u32 = 2;

impl Rewriter {
    fn read(wasm: &[u8]) -> Result<Self> {
        let mut this = Self::default();
        let mut parameters = Vec::new();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::TypeSection(types) => {
                    for kind in types.into_iter_err_on_gc_types() {
                        parameters.push(u32::try_from(kind?.params().len())?);
                    }
                    this.types = u32::try_from(parameters.len())?;
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        this.imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::FunctionSection(functions) => {
                    for kind in functions {
                        let kind = kind?;
                        let count = parameters.get(kind as usize).context("a function of no type")?;
                        this.functions.push((kind, *count));
                    }
                }
                Payload::CustomSection(section) => this.read_names(&section.as_known()),
                _ => {}
            }
        }
        Ok(this)
    }

    fn read_names(&mut self, section: &KnownCustom<'_>) {
        let KnownCustom::Name(names) = section else { return };
        for name in names.clone().flatten() {
            if let Name::Function(map) = name {
                self.names.extend(map.into_iter().flatten().map(|naming| (naming.index, naming.name.to_owned())));
            }
        }
    }

    fn own(&self) -> u32 {
        u32::try_from(self.functions.len()).unwrap_or(u32::MAX)
    }
}

impl Reencode for Rewriter {
    type Error = anyhow::Error;

    /// Everybody who names a function means its twin.
    fn function_index(&mut self, function: u32) -> Result<u32, Error<Self::Error>> {
        Ok(if function < self.imported { function } else { function + HOOKS + self.own() })
    }

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: wasmparser::TypeSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        utils::parse_type_section(self, types, section)?;
        types.ty().function([ValType::I32], []);
        types.ty().function([], []);
        Ok(())
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: ImportSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        utils::parse_import_section(self, imports, section)?;
        imports.import(super::MODULE, "enter", EntityType::Function(self.types));
        imports.import(super::MODULE, "leave", EntityType::Function(self.types + 1));
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        utils::parse_function_section(self, functions, section)?;
        self.functions.iter().for_each(|(kind, _)| {
            functions.function(*kind);
        });
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        utils::parse_code_section(self, code, section)?;
        for (index, (_, parameters)) in (self.imported..).zip(&self.functions) {
            code.function(&twin(index, self.imported, *parameters));
        }
        Ok(())
    }

    fn parse_custom_section(
        &mut self,
        _: &mut wasm_encoder::Module,
        _: wasmparser::CustomSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        // Names and debug information are those of the original.
        Ok(())
    }
}

fn twin(index: u32, imported: u32, parameters: u32) -> Function {
    let mut twin = Function::new([]);
    let mut code = twin.instructions();
    code.i32_const(index.cast_signed()).call(imported);
    for parameter in 0..parameters {
        code.local_get(parameter);
    }
    code.call(index + HOOKS).call(imported + 1).end();
    twin
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use wasmtime::{Engine, Linker, Module, Store};

    use super::*;

    const WASM: &str = r#"(module
        (import "env" "twice" (func $twice (param i32) (result i32)))
        (func $inner (param i32 i32) (result i32) (i32.add (local.get 0) (call $twice (local.get 1))))
        (func $outer (export "outer") (param i32) (result i32) (call_indirect (param i32 i32) (result i32) (local.get 0) (i32.const 5) (i32.const 0)))
        (table 1 funcref) (elem (i32.const 0) $inner))"#;

    #[test]
    fn functions_do_what_they_did_and_say_when() {
        let wasm = wat::parse_str(WASM).unwrap();
        let Instrumented { wasm, names } = instrument(&wasm).unwrap();
        assert_eq!(names.get(&1).map(String::as_str), Some("inner"));
        let engine = Engine::default();
        let (mut store, mut linker) = (Store::new(&engine, ()), Linker::new(&engine));
        let said: Arc<Mutex<Vec<Option<u32>>>> = Arc::default();
        let (entered, left) = (Arc::clone(&said), Arc::clone(&said));
        linker.func_wrap("env", "twice", |number: i32| number * 2).unwrap();
        let enter = move |function: u32| entered.lock().unwrap().push(Some(function));
        linker.func_wrap(super::super::MODULE, "enter", enter).unwrap();
        linker.func_wrap(super::super::MODULE, "leave", move || left.lock().unwrap().push(None)).unwrap();
        let instance = linker.instantiate(&mut store, &Module::new(&engine, wasm).unwrap()).unwrap();
        let outer = instance.get_typed_func::<i32, i32>(&mut store, "outer").unwrap();
        assert_eq!(outer.call(&mut store, 7).unwrap(), 17);
        assert_eq!(*said.lock().unwrap(), [Some(2), Some(1), None, None]);
    }
}
