//! The corpus of attacks, `tests/corpus/tokens.json`. The tests of the hosts run it on Envoy.

mod case;

use self::case::Corpus;
use crate::support::{NOW, proxy, reason};

#[test]
fn every_token_meets_its_fate() {
    let corpus = Corpus::at(NOW);
    let mut proxy = proxy(&corpus.config());
    let mut wrong = Vec::new();
    assert!(corpus.cases.iter().any(|case| case.exact), "time stands still here: the hosts' test leaves these out");
    for case in &corpus.cases {
        assert!(!case.rule.is_empty(), "{}", case.name);
        let request = case.request(NOW);
        // The second time it may be remembered: nothing changes.
        for time in ["first", "second"] {
            let exchange = proxy.send(request.clone());
            let found = (exchange.status(), reason(&proxy));
            let status = case.status();
            if found != (status, case.expect.clone()) {
                wrong.push(format!("{} ({time} time): {found:?}, not {status} {:?}", case.name, case.expect));
            }
            assert_eq!(exchange.upstream_request().is_some(), found.0 == 200, "{}", case.name);
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
