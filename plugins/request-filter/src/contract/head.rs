//! What stands outside of the body of a request.

use super::parameter::Location;
use super::{Found, Violation};

/// The decoded head of a request: names and values in the order in which they were sent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Head<'a> {
    /// Parameters of the query, percent-decoded.
    pub query: &'a [(&'a [u8], &'a [u8])],
    /// Header fields, names in lower case.
    pub headers: &'a [(&'a [u8], &'a [u8])],
    /// Cookies.
    pub cookies: &'a [(&'a [u8], &'a [u8])],
}

impl Found<'_> {
    /// Checks the parameters of path, query, header and cookies.
    ///
    /// # Errors
    /// `contract_parameter_missing`, `_invalid`, `_repeated` or `_unknown` (400).
    pub fn check_head(&self, head: &Head<'_>) -> Result<(), Violation> {
        for parameter in &self.operation.parameters {
            let named = |pairs: &[(&'_ [u8], &'_ [u8])]| {
                let same = pairs.iter().filter(|(name, _)| *name == parameter.name.as_bytes());
                same.map(|(_, value)| value.to_vec()).collect::<Vec<_>>()
            };
            let sent = match parameter.location {
                Location::Path => self.variable(&parameter.name),
                Location::Query => named(head.query),
                Location::Header => named(head.headers),
                Location::Cookie => named(head.cookies),
            };
            let sent: Vec<&[u8]> = sent.iter().map(Vec::as_slice).collect();
            parameter.check(&sent, self.schemas)?;
        }
        self.check_unknown(head)
    }

    fn variable(&self, name: &str) -> Vec<Vec<u8>> {
        let same = self.variables.iter().filter(|(known, _)| *known == name);
        same.map(|(_, value)| value.clone()).collect()
    }

    fn check_unknown(&self, head: &Head<'_>) -> Result<(), Violation> {
        if !self.operation.refuse_unknown_parameters {
            return Ok(());
        }
        let declared = |name: &[u8]| {
            let mut query = self.operation.parameters.iter().filter(|parameter| parameter.location == Location::Query);
            query.any(|parameter| parameter.name.as_bytes() == name)
        };
        match head.query.iter().find(|(name, _)| !declared(name)) {
            Some(_) => Err(Violation::new(400, "contract_parameter_unknown", "query")),
            None => Ok(()),
        }
    }
}
