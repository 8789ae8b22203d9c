//! From conditions as they are written to a tree over numbered tests.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use gatewright::config::{ConfigError, HeaderName};

use super::clock::Window;
use super::glob;
use super::node::Node;
use super::question::{Kind, Question};
use crate::addresses::AddressSet;
use crate::config::{Certificate, CertificateField, ClientIp, Condition, List, Match, Rule, Texts};
use crate::engine::{Budget, Engine, EngineBuilder, Selector, Test};
use crate::list::StringList;
use crate::value::Place;

/// Conditions in conditions.
const MAX_DEPTH: usize = 16;
/// Memory of all patterns of a configuration, before any value was seen.
const PATTERN_MEMORY: usize = 64 * 1024 * 1024;

/// What a client chooses freely.
const FREE: [Place; 9] = [
    Place::QueryName,
    Place::Query,
    Place::Cookie,
    Place::FormName,
    Place::Form,
    Place::FileName,
    Place::JsonKey,
    Place::Json,
    Place::Body,
];

/// Turns conditions into trees, and collects their tests.
pub(super) struct Compiler {
    texts: BTreeMap<String, Rc<StringList>>,
    addresses: BTreeMap<String, Rc<AddressSet>>,
    known: HashMap<Question, u32>,
    questions: Vec<(Question, ConfigError)>,
    /// Whether bodies are inspected.
    bodies: bool,
}

/// The rule whose condition is compiled: what all its tests have in common.
struct Frame<'a> {
    rule: &'a Rule,
    /// Added to errors: where the condition stands.
    at: String,
}

impl Compiler {
    pub(super) fn new(lists: &BTreeMap<String, List>, bodies: bool) -> Result<Self, ConfigError> {
        let (mut texts, mut addresses) = (BTreeMap::new(), BTreeMap::new());
        for (name, list) in lists {
            match (list.texts.is_empty(), list.addresses.is_empty()) {
                (false, true) => {
                    let list = StringList::new(list.texts.iter().map(String::as_str), list.ignore_case);
                    texts.insert(name.clone(), Rc::new(list));
                }
                (true, _) => {
                    addresses.insert(name.clone(), Rc::new(AddressSet::new(list.addresses.iter().copied())));
                }
                (false, false) => {
                    let message = "holds both texts and addresses; make two lists";
                    return Err(ConfigError::new(message).within(name).within("lists"));
                }
            }
        }
        Ok(Self { texts, addresses, known: HashMap::new(), questions: Vec::new(), bodies })
    }

    /// The condition of a rule. The error's path begins at the rule.
    pub(super) fn condition(&mut self, rule: &Rule, at: &str) -> Result<Node, ConfigError> {
        let frame = Frame { rule, at: format!("{at}.when") };
        let node = self.node(&rule.when, &frame, 0).map_err(|error| error.within("when"))?;
        Ok(node)
    }

    /// Everything compiled, and what each test asks.
    pub(super) fn finish(self) -> Result<(Engine, Vec<Question>), ConfigError> {
        let mut builder = EngineBuilder::default();
        for (number, (question, _)) in self.questions.iter().enumerate() {
            let test = self.test(question);
            builder.add(&question.selector, test, question.ignore_case, u32::try_from(number).unwrap_or(u32::MAX));
        }
        let engine = builder.build(&mut Budget::new(PATTERN_MEMORY)).map_err(|(number, error)| {
            let at = self.questions.get(number as usize).map_or("rules", |(_, at)| at.path());
            let shown = self.questions.get(number as usize).map_or("", |(question, _)| question.text.as_str());
            let shown: String = shown.chars().take(64).collect();
            ConfigError::at(at, format!("{shown:?} {error}"))
        })?;
        Ok((engine, self.questions.into_iter().map(|(question, _)| question).collect()))
    }

    fn test(&self, question: &Question) -> Test {
        let bytes = || question.text.clone().into_bytes();
        match question.kind {
            Kind::Present => Test::Present,
            Kind::Exact => Test::Exact(bytes()),
            Kind::Prefix => Test::Prefix(bytes()),
            Kind::Suffix => Test::Suffix(bytes()),
            Kind::Contains => Test::Contains(bytes()),
            Kind::Regex => Test::Regex(question.text.clone()),
            Kind::List => self.texts.get(&question.text).map_or(Test::Present, |list| Test::Listed(Rc::clone(list))),
        }
    }

    fn node(&mut self, condition: &Condition, frame: &Frame<'_>, depth: usize) -> Result<Node, ConfigError> {
        if depth > MAX_DEPTH {
            return Err(ConfigError::new(format!("conditions stand in each other more than {MAX_DEPTH} deep")));
        }
        let mut parts = Vec::new();
        self.simple(condition, frame, &mut parts)?;
        self.lists(condition, frame, &mut parts)?;
        self.surroundings(condition, frame, &mut parts)?;
        for (index, part) in condition.all.iter().enumerate() {
            parts.push(self.node(part, frame, depth + 1).map_err(|error| error.index(index).within("all"))?);
        }
        if !condition.any.is_empty() {
            let any = condition.any.iter().enumerate().map(|(index, part)| {
                self.node(part, frame, depth + 1).map_err(|error| error.index(index).within("any"))
            });
            parts.push(Node::Any(any.collect::<Result<_, _>>()?));
        }
        if let Some(not) = &condition.not {
            parts.push(Node::Not(Box::new(self.node(not, frame, depth + 1).map_err(|error| error.within("not"))?)));
        }
        Ok(simplest(parts, Node::All))
    }

    fn simple(&mut self, condition: &Condition, frame: &Frame<'_>, parts: &mut Vec<Node>) -> Result<(), ConfigError> {
        if !condition.methods.is_empty() {
            let selector = frame.selector(&[Place::Method], None);
            let tests = condition.methods.iter().map(|method| {
                let question = Question {
                    selector: selector.clone(),
                    kind: Kind::Exact,
                    text: method.as_str().to_owned(),
                    ignore_case: false,
                };
                self.ask(question, frame, "methods")
            });
            parts.push(simplest(tests.collect(), Node::Any));
        }
        let single: [(&str, &Option<Match>, &[Place]); 4] = [
            ("host", &condition.host, &[Place::Host]),
            ("path", &condition.path, &[Place::Path]),
            ("body", &condition.body, &[Place::Body]),
            ("values", &condition.values, &FREE),
        ];
        for (field, one, places) in single {
            let Some(one) = one else { continue };
            if one.name.is_some() {
                return Err(ConfigError::at("name", "has no name; leave it out").within(field));
            }
            parts.push(self.matching(one, places, frame, field).map_err(|error| error.within(field))?);
        }
        Ok(())
    }

    fn lists(&mut self, condition: &Condition, frame: &Frame<'_>, parts: &mut Vec<Node>) -> Result<(), ConfigError> {
        let named: [(&str, &[Match], Place); 7] = [
            ("query", &condition.query, Place::Query),
            ("form", &condition.form, Place::Form),
            ("headers", &condition.headers, Place::Header),
            ("cookies", &condition.cookies, Place::Cookie),
            ("json", &condition.json, Place::Json),
            ("files", &condition.files, Place::FileName),
            ("claims", &condition.claims, Place::Claim),
        ];
        for (field, list, place) in named {
            for (index, one) in list.iter().enumerate() {
                if place == Place::Claim && one.name.is_none() {
                    return Err(ConfigError::at("name", "is missing; name the claim").index(index).within(field));
                }
                let node = self.matching(one, &[place], frame, field);
                parts.push(node.map_err(|error| error.index(index).within(field))?);
            }
        }
        for (index, one) in condition.certificate.iter().enumerate() {
            let node = self.certificate(one, frame).map_err(|error| error.within("is"));
            parts.push(node.map_err(|error| error.index(index).within("certificate"))?);
        }
        Ok(())
    }

    fn surroundings(&self, condition: &Condition, _: &Frame<'_>, parts: &mut Vec<Node>) -> Result<(), ConfigError> {
        if let Some(client) = &condition.client_ip {
            parts.push(self.client_ip(client).map_err(|error| error.within("client_ip"))?);
        }
        if let Some(time) = &condition.time {
            parts.push(Node::Time(Window::new(time).map_err(|error| error.within("time"))?));
        }
        Ok(())
    }

    fn certificate(&mut self, one: &Certificate, frame: &Frame<'_>) -> Result<Node, ConfigError> {
        if one.is.name.is_some() {
            return Err(ConfigError::at("name", "has no name; `field` says what is compared"));
        }
        let name = match one.field {
            CertificateField::Subject => "subject",
            CertificateField::UriSan => "uri_san",
            CertificateField::DnsSan => "dns_san",
            CertificateField::Sha256 => "sha256",
        };
        let named = Match { name: Some(name.to_owned()), ..one.is.clone() };
        self.matching(&named, &[Place::Certificate], frame, "certificate")
    }

    fn client_ip(&self, client: &ClientIp) -> Result<Node, ConfigError> {
        let set = match (&client.list, client.ranges.is_empty()) {
            (Some(list), true) => Rc::clone(self.addresses.get(list).ok_or_else(|| {
                ConfigError::at("list", format!("{list:?} is no list of addresses; define it under `lists`"))
            })?),
            (None, false) => Rc::new(AddressSet::new(client.ranges.iter().copied())),
            _ => return Err(ConfigError::new("write either `ranges` or `list`")),
        };
        Ok(Node::Client(set, client.trusted_hops))
    }

    fn matching(&mut self, one: &Match, places: &[Place], frame: &Frame<'_>, field: &str) -> Result<Node, ConfigError> {
        if places.iter().all(|place| place.is_of_body()) && !self.bodies {
            let message = "asks about the body, but bodies are not inspected; set `body.inspect: true`";
            return Err(ConfigError::new(message));
        }
        let selector = frame.selector(places, name_of(one, places)?);
        let (kind, texts) = self.question_of(one)?;
        let ask = |text: &String| Question {
            selector: selector.clone(),
            kind,
            text: text.clone(),
            ignore_case: one.ignore_case,
        };
        let nodes = texts.iter().map(|text| self.ask(ask(text), frame, field)).collect();
        let node = simplest(nodes, Node::Any);
        Ok(if one.present == Some(false) { Node::Not(Box::new(node)) } else { node })
    }

    /// The kind of test, and its alternatives.
    fn question_of(&self, one: &Match) -> Result<(Kind, Vec<String>), ConfigError> {
        let given: [(&Option<Texts>, Kind, &str); 7] = [
            (&one.exact, Kind::Exact, "exact"),
            (&one.prefix, Kind::Prefix, "prefix"),
            (&one.suffix, Kind::Suffix, "suffix"),
            (&one.contains, Kind::Contains, "contains"),
            (&one.regex, Kind::Regex, "regex"),
            (&one.glob, Kind::Regex, "glob"),
            (&one.template, Kind::Regex, "template"),
        ];
        let texts = given.iter().filter_map(|(texts, kind, field)| Some((texts.as_ref()?, *kind, *field)));
        let mut found = texts.collect::<Vec<_>>();
        let count = found.len() + usize::from(one.list.is_some()) + usize::from(one.present.is_some());
        if count != 1 {
            let message = "write exactly one of `exact`, `prefix`, `suffix`, `contains`, `glob`, `template`, `regex`, `list`, `present`";
            return Err(ConfigError::new(message));
        }
        if let Some(list) = &one.list {
            let known = self.texts.contains_key(list);
            let error = || ConfigError::at("list", format!("{list:?} is no list of texts; define it under `lists`"));
            return known.then(|| (Kind::List, vec![list.clone()])).ok_or_else(error);
        }
        let Some((texts, kind, field)) = found.pop() else { return Ok((Kind::Present, vec![String::new()])) };
        let texts = texts.0.iter().map(|text| match field {
            "glob" => Ok(glob::glob(text)),
            "template" => glob::template(text),
            _ => Ok(text.clone()),
        });
        let texts = texts.collect::<Result<Vec<_>, _>>().map_err(|error| error.within(field))?;
        Ok((kind, texts))
    }

    fn ask(&mut self, question: Question, frame: &Frame<'_>, field: &str) -> Node {
        self.number(question, &format!("{}.{field}", frame.at))
    }

    /// The test that asks this; a new one if nobody did. `at` is where the configuration asks.
    pub(super) fn number(&mut self, question: Question, at: &str) -> Node {
        let late = question.selector.places.iter().any(|place| place.is_of_body()) && self.bodies;
        let rank = question.rank();
        let test = match self.known.get(&question) {
            Some(test) => *test,
            None => {
                let test = u32::try_from(self.questions.len()).unwrap_or(u32::MAX);
                self.known.insert(question.clone(), test);
                self.questions.push((question, ConfigError::at(at, "")));
                test
            }
        };
        Node::Text { test, late, rank }
    }
}

impl Frame<'_> {
    fn selector(&self, places: &[Place], name: Option<Box<[u8]>>) -> Selector {
        Selector { places: places.to_vec(), name, sees: self.rule.sees, views: vec![self.rule.transforms.clone()] }
    }
}

fn name_of(one: &Match, places: &[Place]) -> Result<Option<Box<[u8]>>, ConfigError> {
    let Some(name) = &one.name else { return Ok(None) };
    if places == [Place::Header] {
        let name: HeaderName = name.parse().map_err(|error: ConfigError| error.within("name"))?;
        return Ok(Some(name.as_bytes().into()));
    }
    Ok(Some(name.as_bytes().into()))
}

/// A single part needs no list.
pub(super) fn simplest(mut parts: Vec<Node>, many: fn(Vec<Node>) -> Node) -> Node {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            many(parts)
        }
        None => many(parts),
    }
}
