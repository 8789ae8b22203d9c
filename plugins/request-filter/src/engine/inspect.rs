//! All tests on all places of a request.

use std::borrow::Cow;
use std::collections::HashMap;

use super::aliases::Aliases;
use super::automaton::{Budget, PatternError};
use super::forms::{Form, Forms, same};
use super::hits::Hits;
use super::scanner::{Scanner, ScannerBuilder, Test};
use super::shape::Shape;
use super::sieve::{Bundles, Sieve, SieveBuilder};
use crate::config::Sees;
use crate::normalise::{Conditions, canonical_text};
use crate::transform::{Transform, apply_to, folds, moved_in_calm, shape_after};
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
        let mut engine = Engine { places: (0..Place::COUNT).map(|_| At::default()).collect(), ..Engine::default() };
        let mut sieve = SieveBuilder::default();
        for (number, (selector, scanner)) in self.scanners.into_iter().enumerate() {
            for place in &selector.places {
                let Some(at) = engine.places.get_mut(place.index()) else { continue };
                match &selector.name {
                    None => at.any.push(number),
                    Some(name) => at.add(name, number),
                }
            }
            let mut scanner = scanner.build(budget)?;
            let literals = scanner.take_literals();
            let bundle = Bundle::new(number, selector, scanner);
            if bundle.folds.is_some() {
                literals.into_iter().for_each(|(literals, needs)| sieve.add(number, literals, needs));
            }
            engine.bundles.push(bundle);
        }
        engine.sieve = sieve.build().map_err(|error| (0, error))?;
        Ok(engine)
    }
}

/// All tests on all places of a request, ready to run.
#[derive(Debug, Default)]
pub struct Engine {
    bundles: Vec<Bundle>,
    places: Vec<At>,
    /// For values that no step changes, which most are.
    sieve: Option<Sieve>,
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

    /// The bundles for this name, and for others that services take it for.
    fn by_name<'a>(&'a self, name: &[u8], aliases: &Aliases<'_>) -> impl Iterator<Item = &'a usize> {
        let others = aliases.iter().flat_map(|alias| self.named(alias));
        self.named(name).iter().chain(others)
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
    number: usize,
    sees: Sees,
    views: Vec<View>,
    scanner: Scanner,
    /// What a value must have one of, whatever the views.
    rarest: Shape,
    /// What the views change in a calm value besides case.
    moved: Shape,
    /// Whether the views fold case, where they agree in this and see canonical forms only.
    folds: Option<bool>,
}

/// A pipeline.
#[derive(Debug)]
struct View {
    steps: Vec<Transform>,
    /// What it changes in a calm value besides case.
    moved: Shape,
}

impl Engine {
    /// Whether any test looks at this kind of place.
    #[must_use]
    pub fn looks_at(&self, place: Place) -> bool {
        self.places.get(place.index()).is_some_and(|at| !at.any.is_empty() || !at.named.is_empty())
    }

    /// Whether any test looks at values of this kind whatever their name, or tests ask for many names.
    #[must_use]
    pub fn looks_at_all(&self, place: Place) -> bool {
        const FEW: usize = 8;
        self.places.get(place.index()).is_some_and(|at| !at.any.is_empty() || at.named.len() > FEW)
    }

    /// Whether any test asks for a name at this kind of place.
    #[must_use]
    pub fn looks_by_name(&self, place: Place) -> bool {
        self.places.get(place.index()).is_some_and(|at| !at.named.is_empty())
    }

    /// The names that tests ask for at this kind of place.
    pub fn names(&self, place: Place) -> impl Iterator<Item = &[u8]> {
        self.places.get(place.index()).into_iter().flat_map(|at| at.named.iter().map(|(name, _)| name.as_ref()))
    }

    /// Runs every test that looks at a value. Says what is odd about it.
    pub fn inspect(&self, value: &Value<'_>, hits: &mut Hits) -> Conditions {
        if !self.looks_at(value.place) {
            let mut conditions = Conditions::default();
            canonical_text(value.decoded, &mut conditions);
            return conditions;
        }
        let forms = Forms::of(value.raw, value.decoded);
        self.run(value.place, value.name, &forms, hits);
        forms.conditions()
    }

    /// The same where oddities do not matter.
    pub fn look(&self, value: &Value<'_>, hits: &mut Hits) {
        self.run(value.place, value.name, &Forms::of(value.raw, value.decoded), hits);
    }

    /// The same for tests that ask for the name of a value, and no others.
    pub fn look_by_name(&self, value: &Value<'_>, hits: &mut Hits) {
        let Some(at) = self.places.get(value.place.index()).filter(|at| !at.named.is_empty()) else { return };
        let forms = Forms::of(value.raw, value.decoded);
        self.run_bundles(at.by_name(value.name, &Aliases::of(value.place, value.name)), &forms, hits);
    }

    /// Runs every test that looks at a value whose canonical forms are known. There may be a second one.
    pub fn inspect_forms(&self, place: Place, raw: &[u8], canonical: &[u8], other: Option<&[u8]>, hits: &mut Hits) {
        self.run(place, b"", &Forms::known_as(raw, canonical, other), hits);
    }

    /// Makes ready what tests need to run, so that no request has to wait for it.
    pub fn warm(&self, hits: &mut Hits) {
        self.bundles.iter().for_each(|bundle| bundle.scanner.warm(hits));
    }

    fn run(&self, place: Place, name: &[u8], forms: &Forms<'_>, hits: &mut Hits) {
        let Some(at) = self.places.get(place.index()) else { return };
        let aliases = if at.named.is_empty() { Aliases::default() } else { Aliases::of(place, name) };
        self.run_bundles(at.any.iter().chain(at.by_name(name, &aliases)), forms, hits);
    }

    fn run_bundles<'a>(&self, bundles: impl Iterator<Item = &'a usize>, forms: &Forms<'_>, hits: &mut Hits) {
        let bundles = bundles.filter_map(|bundle| self.bundles.get(*bundle));
        let Some(sieve) = self.sieve.as_ref().filter(|_| forms.is_single_and_calm()) else {
            bundles.for_each(|bundle| bundle.scan(forms, hits));
            return;
        };
        let value = forms.canonical();
        // No step adds anything to a calm value but a space.
        let most = value.shape().and(Shape::SPACE);
        for bundle in bundles {
            match bundle.folds {
                Some(_) if !most.meets(bundle.rarest) => {}
                Some(folds) => bundle.calm(value, folds, value.bundles(sieve), hits),
                None => bundle.scan(forms, hits),
            }
        }
    }
}

impl Bundle {
    fn new(number: usize, selector: Selector, scanner: Scanner) -> Self {
        let Selector { sees, views, .. } = selector;
        let mut folding = views.iter().map(|view| folds(view));
        let first = folding.next().filter(|_| sees == Sees::Canonical);
        let folds = first.filter(|first| folding.all(|other| other == *first));
        let view = |steps: Vec<Transform>| View { moved: moved_in_calm(&steps), steps };
        let views = views.into_iter().map(view).collect::<Vec<_>>();
        let moved = views.iter().fold(Shape::default(), |moved, view| moved.and(view.moved));
        Self { number, sees, views, moved, rarest: scanner.rarest(), scanner, folds }
    }

    fn scan(&self, forms: &Forms<'_>, hits: &mut Hits) {
        if self.sees != Sees::Canonical {
            self.text(&forms.raw, hits);
        }
        if self.sees == Sees::Raw {
            return;
        }
        let canonical = forms.canonical();
        self.canonical(canonical, (self.sees == Sees::Both).then_some(forms.raw.text.as_ref()), hits);
        if let Some(other) = &forms.other {
            self.canonical(other, None, hits);
        }
        // What a service sees that decodes once.
        if let Some(decoded) = &forms.decoded
            && self.sees == Sees::Both
            && !same(&decoded.text, &forms.raw.text)
            && !same(&decoded.text, &canonical.text)
        {
            self.text(decoded, hits);
        }
    }

    /// Scans what the pipelines make of a calm value: mostly they only fold case. `found` has the bundles with a literal in the value.
    fn calm(&self, value: &Form<'_>, folds: bool, found: Bundles, hits: &mut Hits) {
        let shape = value.shape();
        let may_hold = found.has(self.number) || self.scanner.may_hold_without_literal(shape);
        if may_hold && self.views.iter().any(|view| !shape.meets(view.moved)) {
            let text = if folds { value.folded() } else { &value.text };
            self.scanner.scan_shaped(text, shape, hits);
        }
        if shape.meets(self.moved) {
            let moving = self.views.iter().filter(|view| shape.meets(view.moved));
            moving.for_each(|view| self.view(&view.steps, value, &mut None, hits));
        }
    }

    fn text(&self, form: &Form<'_>, hits: &mut Hits) {
        if self.scanner.may_hold(form.shape()) {
            self.scanner.scan_shaped(&form.text, form.shape(), hits);
        }
    }

    /// Scans what the pipelines make of a canonical form, each text once. `scanned` was scanned before.
    fn canonical(&self, canonical: &Form<'_>, scanned: Option<&[u8]>, hits: &mut Hits) {
        let mut last: Option<Cow<'_, [u8]>> = scanned.map(Cow::Borrowed);
        for view in &self.views {
            self.view(&view.steps, canonical, &mut last, hits);
        }
    }

    fn view<'a>(&self, view: &[Transform], value: &'a Form<'_>, last: &mut Option<Cow<'a, [u8]>>, hits: &mut Hits) {
        let shape = shape_after(view, value.shape());
        if !self.scanner.may_hold(shape) {
            return;
        }
        let text = apply_to(view, &value.text, value.shape());
        if last.as_ref().is_none_or(|last| !same(last, &text)) {
            self.scanner.scan_shaped(&text, shape, hits);
        }
        *last = Some(text);
    }
}

#[cfg(test)]
mod tests;
