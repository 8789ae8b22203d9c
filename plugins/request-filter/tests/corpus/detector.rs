//! All groups at once over a request, as a policy does it: places, canonical forms, views, scanners.

use std::collections::HashMap;

use request_filter::body::Body;
use request_filter::body::limits::Limits;
use request_filter::engine::{Budget, Hits, Scanner, ScannerBuilder, Test};
use request_filter::groups::{Group, Signature};
use request_filter::normalise::{Conditions, canonical_path, canonical_text, decode_component};
use request_filter::transform::{Transform, apply};
use request_filter::value::{Place, Refusal, Value};

use crate::request::Request;

/// Every signature of every group, compiled.
pub(crate) struct Detector {
    signatures: Vec<&'static Signature>,
    scanners: Vec<(&'static [Transform], Scanner)>,
    hits: Hits,
}

/// A signature that held, and for what.
pub(crate) struct Hit {
    pub(crate) signature: &'static Signature,
    place: Place,
    name: Vec<u8>,
    value: Vec<u8>,
}

impl Hit {
    pub(crate) fn shown(&self) -> String {
        let value = self.value.escape_ascii().to_string();
        format!("{:?} {} {}", self.place, self.name.escape_ascii(), value.chars().take(300).collect::<String>())
    }
}

impl Detector {
    pub(crate) fn new() -> Self {
        let signatures: Vec<_> = Group::ALL.into_iter().flat_map(|group| group.signatures()).collect();
        let mut views: HashMap<&'static [Transform], ScannerBuilder> = HashMap::new();
        for (number, signature) in (0..).zip(&signatures) {
            for view in signature.views {
                views.entry(view).or_default().add(Test::Regex(signature.pattern.to_owned()), false, number);
            }
        }
        let mut budget = Budget::new(16 << 20);
        let scanners = views.into_iter().map(|(view, builder)| (view, builder.build(&mut budget).unwrap())).collect();
        let hits = Hits::new(signatures.len());
        Self { signatures, scanners, hits }
    }

    /// All hits, or why the request is malformed.
    pub(crate) fn inspect(&mut self, request: &Request) -> Result<Vec<Hit>, Refusal> {
        let mut found = Vec::new();
        let path = canonical_path(request.path.as_bytes());
        self.canonical(Place::Path, b"", &path.path, &mut found);
        if let Some(path) = &path.with_parameters {
            self.canonical(Place::Path, b"", path, &mut found);
        }
        self.query(&request.query, &mut found);
        for (name, value) in &request.headers {
            if name == "cookie" {
                for pair in value.split("; ") {
                    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                    self.text(Place::Cookie, name.as_bytes(), value.as_bytes(), &mut found);
                }
            } else {
                self.text(Place::Header, name.as_bytes(), value.as_bytes(), &mut found);
            }
        }
        self.body(request, &mut found)?;
        Ok(found)
    }

    fn query(&mut self, query: &str, found: &mut Vec<Hit>) {
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let mut conditions = Conditions::default();
            let name = decode_component(name.as_bytes(), true, &mut conditions);
            let value = decode_component(value.as_bytes(), true, &mut conditions);
            self.text(Place::QueryName, &name, &name, found);
            self.text(Place::Query, &name, &value, found);
        }
    }

    fn body(&mut self, request: &Request, found: &mut Vec<Hit>) -> Result<(), Refusal> {
        let content_type = request.headers.iter().find(|(name, _)| name == "content-type");
        let Some((_, content_type)) = content_type else { return Ok(()) };
        let mut visitor = |value: &Value<'_>| {
            self.text(value.place, value.name, value.decoded, found);
            Ok(())
        };
        let mut body = Body::new(Some(content_type.as_bytes()), &Limits::default())?;
        body.push(&request.body, &mut visitor)?;
        body.finish(&mut visitor)
    }

    fn text(&mut self, place: Place, name: &[u8], decoded: &[u8], found: &mut Vec<Hit>) {
        let canonical = canonical_text(decoded, &mut Conditions::default()).into_owned();
        self.canonical(place, name, &canonical, found);
    }

    fn canonical(&mut self, place: Place, name: &[u8], canonical: &[u8], found: &mut Vec<Hit>) {
        self.hits.clear();
        for (view, scanner) in &self.scanners {
            scanner.scan(&apply(view, canonical), &mut self.hits);
        }
        let wanted = |signature: &&Signature| {
            let named =
                signature.headers.is_empty() || signature.headers.iter().any(|header| header.as_bytes() == name);
            signature.places.contains(place) && named
        };
        let held = self.hits.all().iter().map(|number| self.signatures[*number as usize]);
        found.extend(held.filter(wanted).map(|signature| Hit {
            signature,
            place,
            name: name.to_vec(),
            value: canonical.to_vec(),
        }));
    }
}
