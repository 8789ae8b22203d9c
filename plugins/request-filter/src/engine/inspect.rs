//! All tests on all places of a request.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;

use super::automaton::{Budget, PatternError};
use super::hits::Hits;
use super::scanner::{Scanner, ScannerBuilder, Test};
use crate::config::Sees;
use crate::normalise::{Conditions, canonical_text};
use crate::transform::{Transform, apply};
use crate::value::{Place, Value};

/// Which values a test looks at, and in which form.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Selector {
    /// Kinds of places.
    pub places: Vec<Place>,
    /// Only values of this name; of header fields in lower case.
    pub name: Option<Box<[u8]>>,
    /// The form.
    pub sees: Sees,
    /// Steps that the canonical form goes through. Of several such pipelines, one that leads to a match suffices.
    pub views: Vec<Vec<Transform>>,
}

/// Collects tests.
#[derive(Default)]
pub struct EngineBuilder {
    selectors: HashMap<Selector, usize>,
    scanners: Vec<(Selector, ScannerBuilder)>,
}

impl EngineBuilder {
    /// Adds a test under its number.
    pub fn add(&mut self, selector: &Selector, test: Test, ignore_case: bool, number: u32) {
        let index = *self.selectors.entry(selector.clone()).or_insert_with(|| {
            self.scanners.push((selector.clone(), ScannerBuilder::default()));
            self.scanners.len() - 1
        });
        if let Some((_, scanner)) = self.scanners.get_mut(index) {
            scanner.add(test, ignore_case, number);
        }
    }

    /// Compiles the tests.
    ///
    /// # Errors
    /// The number of the test that cannot be used, and why.
    pub fn build(self, budget: &mut Budget) -> Result<Engine, (u32, PatternError)> {
        let mut engine = Engine { bundles: Vec::new(), places: (0..Place::COUNT).map(|_| At::default()).collect() };
        for (selector, scanner) in self.scanners {
            let bundle = engine.bundles.len();
            for place in &selector.places {
                let Some(at) = engine.places.get_mut(place.index()) else { continue };
                match &selector.name {
                    None => at.any.push(bundle),
                    Some(name) => at.add(name, bundle),
                }
            }
            let scanner = scanner.build(budget)?;
            engine.bundles.push(Bundle { sees: selector.sees, views: selector.views, scanner });
        }
        Ok(engine)
    }
}

/// All tests on all places of a request, ready to run.
#[derive(Debug, Default)]
pub struct Engine {
    bundles: Vec<Bundle>,
    places: Vec<At>,
}

/// The bundles that look at a kind of place.
#[derive(Debug, Default)]
struct At {
    any: Vec<usize>,
    /// By name, sorted by length first: most names are told apart by that alone, without hashing each.
    named: Vec<(Box<[u8]>, Vec<usize>)>,
}

impl At {
    fn find(&self, name: &[u8]) -> Result<usize, usize> {
        self.named.binary_search_by(|(known, _)| known.len().cmp(&name.len()).then_with(|| known.as_ref().cmp(name)))
    }

    fn named(&self, name: &[u8]) -> &[usize] {
        self.find(name).ok().and_then(|index| self.named.get(index)).map_or(&[], |(_, bundles)| bundles)
    }

    fn add(&mut self, name: &[u8], bundle: usize) {
        let index = self.find(name).unwrap_or_else(|index| {
            self.named.insert(index, (name.into(), Vec::new()));
            index
        });
        if let Some((_, bundles)) = self.named.get_mut(index) {
            bundles.push(bundle);
        }
    }
}

/// Tests that see the same form of the same values.
#[derive(Debug)]
struct Bundle {
    sees: Sees,
    views: Vec<Vec<Transform>>,
    scanner: Scanner,
}

impl Engine {
    /// Whether any test looks at this kind of place.
    #[must_use]
    pub fn looks_at(&self, place: Place) -> bool {
        self.places.get(place.index()).is_some_and(|at| !at.any.is_empty() || !at.named.is_empty())
    }

    /// The names that tests ask for at this kind of place.
    pub fn names(&self, place: Place) -> impl Iterator<Item = &[u8]> {
        self.places.get(place.index()).into_iter().flat_map(|at| at.named.iter().map(|(name, _)| name.as_ref()))
    }

    /// Runs every test that looks at a value. Says what is odd about it.
    pub fn inspect(&self, value: &Value<'_>, hits: &mut Hits) -> Conditions {
        let forms = Forms { raw: value.raw, decoded: value.decoded, canonical: OnceCell::new(), other: None };
        self.run(value.place, value.name, &forms, hits);
        forms.canonical().1
    }

    /// The same where oddities do not matter.
    pub fn look(&self, value: &Value<'_>, hits: &mut Hits) {
        let forms = Forms { raw: value.raw, decoded: value.decoded, canonical: OnceCell::new(), other: None };
        self.run(value.place, value.name, &forms, hits);
    }

    /// Runs every test that looks at a value whose canonical forms are known. There may be a second one.
    pub fn inspect_forms(&self, place: Place, raw: &[u8], canonical: &[u8], other: Option<&[u8]>, hits: &mut Hits) {
        let canonical = OnceCell::from((Cow::Borrowed(canonical), Conditions::default()));
        self.run(place, b"", &Forms { raw, decoded: raw, canonical, other }, hits);
    }

    /// Makes ready what tests need to run, so that no request has to wait for it.
    pub fn warm(&self, hits: &mut Hits) {
        self.bundles.iter().for_each(|bundle| bundle.scanner.warm(hits));
    }

    fn run(&self, place: Place, name: &[u8], forms: &Forms<'_>, hits: &mut Hits) {
        let Some(at) = self.places.get(place.index()) else { return };
        for bundle in at.any.iter().chain(at.named(name)) {
            if let Some(bundle) = self.bundles.get(*bundle) {
                bundle.scan(forms, hits);
            }
        }
    }
}

impl Bundle {
    fn scan(&self, forms: &Forms<'_>, hits: &mut Hits) {
        if self.sees != Sees::Canonical {
            self.scanner.scan(forms.raw, hits);
        }
        if self.sees == Sees::Raw {
            return;
        }
        let canonical = &forms.canonical().0;
        self.canonical(canonical, (self.sees == Sees::Both).then_some(forms.raw), hits);
        if let Some(other) = forms.other {
            self.canonical(other, None, hits);
        }
        // What a service sees that decodes once.
        if self.sees == Sees::Both && !same(forms.decoded, forms.raw) && !same(forms.decoded, canonical) {
            self.scanner.scan(forms.decoded, hits);
        }
    }

    /// Scans what the pipelines make of a canonical form, each text once. `scanned` was scanned before.
    fn canonical(&self, canonical: &[u8], scanned: Option<&[u8]>, hits: &mut Hits) {
        let mut last: Option<Cow<'_, [u8]>> = scanned.map(Cow::Borrowed);
        for view in &self.views {
            let text = apply(view, canonical);
            if last.as_ref().is_none_or(|last| !same(last, &text)) {
                self.scanner.scan(&text, hits);
            }
            last = Some(text);
        }
    }
}

/// Mostly nothing was to be done, and both are the same bytes.
fn same(one: &[u8], other: &[u8]) -> bool {
    std::ptr::eq(one, other) || one == other
}

/// The forms of a value.
struct Forms<'a> {
    raw: &'a [u8],
    decoded: &'a [u8],
    canonical: OnceCell<(Cow<'a, [u8]>, Conditions)>,
    /// Another canonical form: of a path, with its parameters.
    other: Option<&'a [u8]>,
}

impl<'a> Forms<'a> {
    fn canonical(&self) -> &(Cow<'a, [u8]>, Conditions) {
        self.canonical.get_or_init(|| {
            let mut conditions = Conditions::default();
            let canonical = canonical_text(self.decoded, &mut conditions);
            (canonical, conditions)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn selector(places: &[Place], name: Option<&str>, sees: Sees, transforms: &[Transform]) -> Selector {
        let name = name.map(|name| name.as_bytes().into());
        Selector { places: places.to_vec(), name, sees, views: vec![transforms.to_vec()] }
    }

    fn contains(text: &str) -> Test {
        Test::Contains(text.as_bytes().to_vec())
    }

    fn held(engine: &Engine, place: Place, name: &str, raw: &str, decoded: &str) -> Vec<u32> {
        let mut hits = Hits::new(100);
        let value = Value { place, name: name.as_bytes(), raw: raw.as_bytes(), decoded: decoded.as_bytes() };
        let _ = engine.inspect(&value, &mut hits);
        let mut held = hits.all().to_vec();
        held.sort_unstable();
        held
    }

    #[test]
    fn each_test_sees_its_form_of_its_places() {
        let mut builder = EngineBuilder::default();
        let params = [Place::Query, Place::Form];
        builder.add(&selector(&params, None, Sees::Raw, &[]), contains("<"), false, 0);
        builder.add(&selector(&params, None, Sees::Canonical, &[]), contains("<"), false, 1);
        builder.add(&selector(&params, None, Sees::Both, &[]), contains("%3c"), false, 2);
        builder.add(&selector(&params, Some("q"), Sees::Both, &[]), contains("<"), false, 3);
        builder.add(
            &selector(&[Place::Form], None, Sees::Canonical, &[Transform::Lowercase]),
            contains("<a"),
            false,
            4,
        );
        let engine = builder.build(&mut Budget::new(1 << 20)).unwrap();

        assert_eq!(held(&engine, Place::Query, "q", "<", "<"), [0, 1, 3]);
        assert_eq!(held(&engine, Place::Query, "x", "%3C", "<"), [1]);
        // Encoded twice: a service that decodes once sees the single encoding, a lax one the character.
        assert_eq!(held(&engine, Place::Query, "q", "%253c", "%3c"), [1, 2, 3]);
        assert_eq!(held(&engine, Place::Form, "x", "%3CA", "<A"), [1, 4]);
        assert_eq!(held(&engine, Place::Cookie, "q", "<", "<"), [0u32; 0]);
        assert!(engine.looks_at(Place::Form) && !engine.looks_at(Place::Cookie));
    }
}
