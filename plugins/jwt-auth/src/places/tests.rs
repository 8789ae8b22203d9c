use serde_json::{Value, json};

use super::*;

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn places(providers: Value) -> Places {
    let mut providers = providers;
    for (number, provider) in providers.as_array_mut().unwrap().iter_mut().enumerate() {
        provider["name"] = json!(number.to_string());
        provider["issuer"] = json!(number.to_string());
        provider["jwks"] = json!({"inline": "{}"});
    }
    Places::new(&serde_json::from_value::<Vec<Provider>>(providers).unwrap())
}

fn found(places: &Places, fields: &[(&str, &str)]) -> String {
    let headers: Headers = fields.iter().copied().collect();
    match places.find(&headers) {
        Found::None => "none".to_owned(),
        Found::Several => "several".to_owned(),
        Found::One(one) if one.is_list() => "several".to_owned(),
        Found::One(one) => String::from_utf8_lossy(&one.token).into_owned(),
    }
}

#[test]
fn by_default_it_is_the_bearer_in_any_case() {
    let places = places(json!([{}]));
    for (value, expected) in [
        ("Bearer abc", "abc"),
        ("bEARER   abc ", "abc"),
        ("DPoP abc", "abc"),
        (" \tBearer abc", "abc"),
        ("Bearer", ""),
        ("Bearer ", ""),
        ("Bearer\tabc", "\tabc"),
        ("Basic abc", "none"),
        ("Bearerabc", "none"),
        ("abc", "none"),
        ("", "none"),
        ("Bearer abc,Bearer def", "several"),
        ("Basic abc, Bearer def", "several"),
        ("Basic abc,DPoP def", "several"),
        ("Basic abc, Digest def", "none"),
    ] {
        assert_eq!(found(&places, &[("authorization", value)]), expected, "{value}");
    }
    assert_eq!(found(&places, &[]), "none");
    assert_eq!(found(&places, &[("authorization", "Bearer a"), ("authorization", "Basic b")]), "several");
    assert_eq!(found(&places, &[("authorization", "Basic b"), ("authorization", "Bearer a")]), "several");
}

#[test]
fn all_places_of_all_providers_are_looked_at() {
    let places = places(json!([
        {"from_headers": [{"name": "x-token"}], "from_params": ["t"]},
        {"from_cookies": ["t"], "from_params": ["t", "u"]},
        {"from_headers": [{"name": "X-Token", "value_prefix": "Key="}]},
    ]));
    let tokens = [
        (("x-token", "a"), "a"),
        (("x-token", "key=a"), "a"),
        ((":path", "/?t=a"), "a"),
        ((":path", "/?u=a"), "a"),
        (("cookie", "t=a"), "a"),
        (("authorization", "Bearer a"), "none"),
    ];
    for (field, expected) in tokens {
        assert_eq!(found(&places, &[field]), expected, "{field:?}");
    }
    for (one, _) in tokens.iter().take(5) {
        for (other, _) in tokens.iter().take(5).filter(|(other, _)| other.0 != one.0) {
            assert_eq!(found(&places, &[*one, *other]), "several", "{one:?} {other:?}");
        }
    }
    assert_eq!(found(&places, &[(":path", "/?t=a&u=a")]), "several");
    assert_eq!(found(&places, &[("cookie", "t=a; t=a")]), "several");
    assert_eq!(found(&places, &[("x-token", "a,b")]), "several");
}

#[test]
fn a_place_is_that_of_its_providers() {
    let places = places(json!([
        {"from_headers": [{"name": "x-token"}], "from_params": ["t"]},
        {"from_cookies": ["t"], "from_params": ["t", "u"]},
        {"from_headers": [{"name": "x-token", "value_prefix": "Key="}]},
        {"dpop": {"required": true}},
    ]));
    let takers = |field: (&str, &str)| {
        let headers: Headers = [field].into_iter().collect();
        let Found::One(one) = places.find(&headers) else { panic!("{field:?}") };
        let takers = (0..4).filter(|number| places.takes(one.place, *number)).collect::<Vec<_>>();
        (takers, places.is_dpop(one.place))
    };
    assert_eq!(takers(("x-token", "a")), (vec![0], false));
    assert_eq!(takers(("x-token", "KEY=a")), (vec![2], false));
    assert_eq!(takers((":path", "/?t=a")), (vec![0, 1], false));
    assert_eq!(takers((":path", "/?u=a")), (vec![1], false));
    assert_eq!(takers(("cookie", "t=a")), (vec![1], false));
    assert_eq!(takers(("authorization", "dpop a")), (vec![3], true));
    // A provider that insists on DPoP takes bearer tokens, to refuse them.
    assert_eq!(takers(("authorization", "Bearer a")), (vec![3], false));
}
