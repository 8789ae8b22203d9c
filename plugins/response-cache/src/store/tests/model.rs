//! Random traffic on several workers, one call at a time, against a list that stores everything.

use proptest::prelude::*;

use gatewright_testing::proxy::World;

use super::super::*;
use super::support::*;

const TAGS: [&[u8]; 3] = [b"red", b"blue", b"green"];

#[derive(Clone, Debug)]
enum Step {
    /// Takes the right to store, to be used or given up later.
    Begin {
        worker: usize,
        key: u32,
    },
    /// Stores what was fetched since `Begin`, or gives it up.
    End {
        at: usize,
        variant: u64,
        length: usize,
        tags: u8,
        gives_up: bool,
    },
    Look {
        worker: usize,
        key: u32,
    },
    Invalidate {
        worker: usize,
        key: u32,
    },
    Purge {
        worker: usize,
        selector: u8,
        soft: bool,
    },
}

/// What the naive list knows of a response.
#[derive(Clone, Debug, PartialEq)]
struct Known {
    key: u32,
    variant: u64,
    tags: u8,
    body: Vec<u8>,
    soft: bool,
}

struct Pending {
    worker: usize,
    key: u32,
    fill: Fill,
    /// Purges since it began.
    purges: Vec<u8>,
    invalidated: bool,
}

#[derive(Default)]
struct Model {
    known: Vec<Known>,
    pending: Vec<Pending>,
    version: u64,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let worker = 0..3_usize;
    let key = 0..5_u32;
    let step = prop_oneof![
        4 => (worker.clone(), key.clone()).prop_map(|(worker, key)| Step::Begin { worker, key }),
        6 => (any::<usize>(), 0..2_u64, 0..400_usize, 0..8_u8, prop::bool::weighted(0.1)).prop_map(
            |(at, variant, length, tags, gives_up)| Step::End { at, variant, length, tags, gives_up }
        ),
        6 => (worker.clone(), key.clone()).prop_map(|(worker, key)| Step::Look { worker, key }),
        1 => (worker.clone(), key).prop_map(|(worker, key)| Step::Invalidate { worker, key }),
        1 => (worker, 0..12_u8, any::<bool>()).prop_map(|(worker, selector, soft)| Step::Purge { worker, selector, soft }),
    ];
    prop::collection::vec(step, 1..120)
}

fn url(key: u32) -> String {
    format!("example.com/{key}")
}

/// 0 to 2: a tag; 3 to 7: a URL; 8 to 10: prefixes; 11: all.
fn selector(number: u8, text: &mut String) -> Selector<'_> {
    match number {
        0..3 => Selector::Tag(TAGS[number as usize]),
        3..8 => {
            *text = url(u32::from(number - 3));
            Selector::Url(text.as_bytes())
        }
        8 => Selector::Prefix(b"example.com/3"),
        9 => Selector::Prefix(b"example.org/"),
        10 => Selector::Prefix(b"example."),
        _ => Selector::All,
    }
}

fn is_selected(selector: u8, key: u32, tags: u8) -> bool {
    match selector {
        0..3 => tags >> selector & 1 == 1,
        3..8 => u32::from(selector - 3) == key,
        8 => key == 3,
        9 => false,
        _ => true,
    }
}

fn tags_of(bits: u8) -> Vec<&'static [u8]> {
    (0..3).filter(|tag| bits >> tag & 1 == 1).map(|tag| TAGS[tag]).collect()
}

impl Model {
    fn step(&mut self, workers: &[Worker], step: &Step, exact: bool) {
        match step {
            Step::Begin { worker, key } => self.begin(workers, *worker, *key),
            Step::End { at, variant, length, tags, gives_up } if !self.pending.is_empty() => {
                let pending = self.pending.swap_remove(at % self.pending.len());
                if !gives_up {
                    self.commit(workers, pending, (*variant, *length, *tags), exact);
                }
            }
            Step::End { .. } => {}
            Step::Look { worker, key } => self.look(&workers[*worker], *key, exact),
            Step::Invalidate { worker, key } => {
                workers[*worker].store.invalidate(&workers[*worker].key(*key)).unwrap();
                self.known.retain(|known| known.key != *key);
                self.pending.iter_mut().filter(|pending| pending.key == *key).for_each(|one| one.invalidated = true);
            }
            Step::Purge { worker, selector: number, soft } => {
                let purge = if *soft { Purge::Soft } else { Purge::Hard };
                workers[*worker].store.purge(selector(*number, &mut String::new()), purge).unwrap();
                let hit = |known: &Known| is_selected(*number, known.key, known.tags);
                match soft {
                    true => self.known.iter_mut().filter(|known| hit(known)).for_each(|known| known.soft = true),
                    false => self.known.retain(|known| !hit(known)),
                }
                self.pending.iter_mut().for_each(|pending| pending.purges.push(*number));
            }
        }
    }

    fn begin(&mut self, workers: &[Worker], worker: usize, key: u32) {
        let leads = !self.pending.iter().any(|pending| pending.key == key && !pending.invalidated);
        match workers[worker].store.begin_fill(&workers[worker].key(key), NOW).unwrap() {
            Begin::Leader(fill) => {
                assert!(leads);
                self.pending.push(Pending { worker, key, fill, purges: Vec::new(), invalidated: false });
            }
            Begin::Follower(_) => assert!(!leads),
            Begin::Pass => panic!("there is room for every key"),
        }
    }

    fn commit(&mut self, workers: &[Worker], pending: Pending, (variant, length, tags): (u64, usize, u8), exact: bool) {
        let worker = &workers[pending.worker];
        self.version += 1;
        let body = pattern(self.version, length);
        let names = tags_of(tags);
        let content = Content { variant, ..content(&body, &names) };
        let committed = worker.store.commit(pending.fill, &worker.key(pending.key), &content, NOW).unwrap();
        let purged = pending.purges.iter().any(|purge| is_selected(*purge, pending.key, tags));
        let fenced = pending.invalidated || purged;
        match committed {
            Committed::Fenced => assert!(fenced),
            Committed::Stored => {
                assert!(!fenced);
                self.known.retain(|known| (known.key, known.variant) != (pending.key, variant));
                self.known.push(Known { key: pending.key, variant, tags, body, soft: false });
            }
            Committed::NoRoom => assert!(!exact),
        }
    }

    /// A store of bounded size may find less than the list, and nothing else.
    fn look(&self, worker: &Worker, key: u32, exact: bool) {
        let found = worker.store.lookup(&worker.key(key)).unwrap();
        let body = |variant: &Variant| worker.store.body(variant).unwrap().unwrap().to_vec();
        let mut found: Vec<_> =
            found.iter().map(|found| (found.entry.variant, body(found), found.soft_purged())).collect();
        let known = self.known.iter().filter(|known| known.key == key);
        let mut known: Vec<_> = known.map(|known| (known.variant, known.body.clone(), known.soft)).collect();
        found.sort();
        known.sort();
        if exact {
            assert_eq!(found, known);
        } else {
            assert!(found.iter().all(|found| known.contains(found)), "{found:?} are not all in {known:?}");
        }
    }
}

fn run(steps: &[Step], roomy: bool) {
    let world = World::default();
    let geometry =
        if roomy { ROOMY } else { super::super::geometry::Geometry { flights: 5, ..Worker::one_bucket(TIGHT) } };
    let workers = [0, 1, 2].map(|index| Worker::start(&world, index, geometry));
    let mut model = Model::default();
    for step in steps {
        model.step(&workers, step, roomy);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(debug_assertions) { 150 } else { 3000 }, ..ProptestConfig::default() })]

    #[test]
    fn a_store_with_room_finds_what_a_list_would(steps in steps()) {
        run(&steps, true);
    }

    #[test]
    fn a_store_without_room_finds_nothing_that_a_list_would_not(steps in steps()) {
        run(&steps, false);
    }
}
