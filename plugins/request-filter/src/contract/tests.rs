mod keywords;

use super::*;
use serde_json::json;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn compile(document: &Value) -> Result<Contract, ConfigError> {
    Contract::compile(document, Options::default(), &mut Budget::new(4 << 20))
}

fn document(paths: &Value) -> Value {
    json!({ "openapi": "3.1.0", "info": { "title": "t", "version": "1" }, "paths": paths })
}

/// A document with one operation that takes a JSON body of this schema.
fn taking(schema: &Value) -> Value {
    document(
        &json!({ "/x": { "post": { "requestBody": { "content": { "application/json": { "schema": schema } } } } } }),
    )
}

fn body(schema: &Value, value: &Value) -> Result<(), String> {
    let contract = compile(&taking(schema)).unwrap();
    check_body(&contract, value)
}

fn check_body(contract: &Contract, value: &Value) -> Result<(), String> {
    let found = contract.operation(b"POST", b"/x").unwrap();
    let content_type = Some(&b"application/json"[..]);
    assert_eq!(found.check_content_type(content_type, true), Ok(Reading::Json));
    found.check_json(content_type, value.to_string().as_bytes()).map_err(|violation| violation.to_string())
}

/// The error of a schema, with its path from the schema on.
fn wrong(schema: &Value) -> String {
    let error = compile(&taking(schema)).unwrap_err().to_string();
    let prefix = "paths[\"/x\"].post.requestBody.content[\"application/json\"].schema";
    let rest = error.strip_prefix(prefix).unwrap_or_else(|| panic!("{error}"));
    rest.to_owned()
}

#[test]
fn operations_are_found_by_method_and_path() {
    let mut document = document(&json!({
        "/users": { "get": {} },
        "/users/me": { "get": { "operationId": "me" } },
        "/users/{id}": { "parameters": [{ "name": "id", "in": "path", "required": true, "schema": {} }], "get": {}, "put": {} },
        "/files/{name}.txt": { "get": { "parameters": [{ "name": "name", "in": "path", "required": true, "schema": {} }] } },
        "/": { "get": {} },
    }));
    document["servers"] = json!([{ "url": "https://api.example.com/v1/" }, { "url": "/v2" }]);
    let contract = compile(&document).unwrap();
    let find = |method: &str, path: &str| {
        let found = contract.operation(method.as_bytes(), path.as_bytes());
        found.map(|found| found.variables).map_err(|violation| (violation.refusal.status, violation.refusal.reason))
    };
    assert_eq!(find("GET", "/v1/users"), Ok(vec![]));
    assert_eq!(find("GET", "/v2/users/me"), Ok(vec![]), "a fixed path comes first");
    assert_eq!(find("GET", "/v1/users/a%20b"), Ok(vec![("id", b"a b".to_vec())]));
    assert_eq!(find("GET", "/v1/users/a%2Fb"), Ok(vec![("id", b"a/b".to_vec())]), "an encoded slash is data");
    assert_eq!(find("GET", "/v1/files/a.txt"), Ok(vec![("name", b"a".to_vec())]));
    assert_eq!(find("GET", "/v1/"), Ok(vec![]));
    let unknown = Err((404, "contract_unknown_path"));
    for path in [
        "/users",
        "/v1/users/",
        "/v1//users",
        "/v1/users/1/x",
        "/v1/files/a",
        "/v1/files/.txt",
        "/v1/users%2Fme",
        "",
        "*",
    ] {
        assert_eq!(find("GET", path), unknown, "{path}");
    }
    assert_eq!(find("POST", "/v1/users"), Err((405, "contract_unknown_method")));
    assert_eq!(find("get", "/v1/users"), Err((405, "contract_unknown_method")), "methods are case-sensitive");
    assert_eq!(find("HEAD", "/v1/users"), Err((405, "contract_unknown_method")));
}

/// Checks query, headers and cookies, as `name=value`.
fn head(parameters: &Value, query: &[&str], headers: &[&str], cookies: &[&str]) -> Result<(), String> {
    let document = document(&json!({ "/x/{id}": { "get": { "parameters": parameters } } }));
    let contract = compile(&document).unwrap();
    let split = |pairs: &[&str]| -> Vec<(Vec<u8>, Vec<u8>)> {
        pairs
            .iter()
            .map(|pair| pair.split_once('=').unwrap())
            .map(|(name, value)| (name.into(), value.into()))
            .collect()
    };
    let (query, headers, cookies) = (split(query), split(headers), split(cookies));
    let [query, headers, cookies] = [&query, &headers, &cookies]
        .map(|pairs| pairs.iter().map(|(name, value)| (name.as_slice(), value.as_slice())).collect::<Vec<_>>());
    let head = Head { query: &query, headers: &headers, cookies: &cookies };
    let found = contract.operation(b"GET", b"/x/7").unwrap();
    found.check_head(&head).map_err(|violation| violation.to_string())
}

fn id(schema: &Value) -> Value {
    json!({ "name": "id", "in": "path", "required": true, "schema": schema })
}

#[test]
fn parameters_are_checked_where_they_stand() {
    let parameters = json!([
        id(&json!({ "type": "integer", "minimum": 5 })),
        { "name": "q", "in": "query", "required": true, "schema": { "type": "string", "pattern": "^[a-z]+$" } },
        { "name": "n", "in": "query", "schema": { "type": ["integer", "null"] } },
        { "name": "tags", "in": "query", "schema": { "type": "array", "items": { "type": "integer" }, "maxItems": 2 } },
        { "name": "csv", "in": "query", "explode": false, "schema": { "type": "array", "items": { "enum": ["a", "b"] } } },
        { "name": "filter", "in": "query", "content": { "application/json": { "schema": { "required": ["a"] } } } },
        { "name": "X-Flag", "in": "header", "schema": { "type": "boolean" } },
        { "name": "Authorization", "in": "header", "required": true, "schema": { "type": "integer" } },
        { "name": "sid", "in": "cookie", "schema": { "type": "string", "minLength": 3 } },
        { "name": "e", "in": "query", "allowEmptyValue": true, "schema": { "type": "integer" } },
    ]);
    let check = |query: &[&str], headers: &[&str], cookies: &[&str]| head(&parameters, query, headers, cookies);
    assert_eq!(check(&["q=abc"], &[], &[]), Ok(()));
    for (query, wrong) in [
        ("n=12", ""),
        ("n=null", ""),
        ("n=1.0", ""),
        ("n=1.5", "contract_parameter_invalid at query.n"),
        ("n=x", "contract_parameter_invalid at query.n"),
        ("n=", "contract_parameter_invalid at query.n"),
        ("n=01", "contract_parameter_invalid at query.n"),
        ("tags=1", ""),
        ("tags=x", "contract_parameter_invalid at query.tags"),
        ("csv=a,b", ""),
        ("csv=a,c", "contract_parameter_invalid at query.csv"),
        ("filter={\"a\":1}", ""),
        ("filter={\"b\":1}", "contract_parameter_invalid at query.filter"),
        ("filter={", "contract_parameter_invalid at query.filter"),
        ("q=def", "contract_parameter_repeated at query.q"),
        ("e=", ""),
        ("unknown=1", ""),
    ] {
        let expected = if wrong.is_empty() { Ok(()) } else { Err(wrong.to_owned()) };
        assert_eq!(check(&["q=abc", query], &[], &[]), expected, "{query}");
    }
    assert_eq!(check(&[], &[], &[]), Err("contract_parameter_missing at query.q".to_owned()));
    assert_eq!(check(&["q=a1"], &[], &[]), Err("contract_parameter_invalid at query.q".to_owned()));
    assert_eq!(check(&["q=a", "tags=1", "tags=2"], &[], &[]), Ok(()));
    assert!(check(&["q=a", "tags=1", "tags=2", "tags=3"], &[], &[]).is_err());
    assert_eq!(check(&["q=a"], &["x-flag=true"], &["sid=abc"]), Ok(()));
    assert_eq!(check(&["q=a"], &["x-flag=yes"], &[]), Err("contract_parameter_invalid at header.x-flag".to_owned()));
    assert_eq!(check(&["q=a"], &[], &["sid=ab"]), Err("contract_parameter_invalid at cookie.sid".to_owned()));
    let other = json!([id(&json!({ "type": "integer", "maximum": 5 }))]);
    assert_eq!(head(&other, &[], &[], &[]), Err("contract_parameter_invalid at path.id".to_owned()));
}

#[test]
fn unknown_query_parameters_are_refused_if_asked_for() {
    let document =
        document(&json!({ "/x": { "get": { "parameters": [{ "name": "a", "in": "query", "schema": {} }] } } }));
    let options = Options { refuse_unknown_parameters: true };
    let contract = Contract::compile(&document, options, &mut Budget::new(1 << 20)).unwrap();
    let found = contract.operation(b"GET", b"/x").unwrap();
    let check = |name: &[u8]| found.check_head(&Head { query: &[(name, b"1")], ..Head::default() });
    assert_eq!(check(b"a"), Ok(()));
    assert_eq!(check(b"b").unwrap_err().refusal.reason, "contract_parameter_unknown");
}

#[test]
fn bodies_are_asked_for_by_their_type() {
    let document = document(&json!({ "/x": {
        "get": {},
        "post": { "requestBody": { "required": true, "content": {
            "application/json": { "schema": { "type": "object" } }, "text/*": {}, "application/octet-stream": { "schema": { "type": "string", "format": "binary" } },
        } } },
        "put": { "requestBody": { "content": { "*/*": {} } } },
    } }));
    let contract = compile(&document).unwrap();
    let check = |method: &[u8], content_type: Option<&str>, has_body| {
        let found = contract.operation(method, b"/x").unwrap();
        let read = found.check_content_type(content_type.map(str::as_bytes), has_body);
        read.map_err(|violation| (violation.refusal.status, violation.refusal.reason))
    };
    assert_eq!(check(b"GET", None, false), Ok(Reading::Nothing));
    assert_eq!(check(b"GET", None, true), Err((400, "contract_body_unexpected")));
    assert_eq!(check(b"POST", Some("application/json; charset=utf-8"), true), Ok(Reading::Json));
    assert_eq!(check(b"POST", Some("text/csv"), true), Ok(Reading::Nothing));
    assert_eq!(check(b"POST", Some("application/octet-stream"), true), Ok(Reading::Nothing));
    assert_eq!(check(b"POST", Some("application/xml"), true), Err((415, "contract_media_type")));
    assert_eq!(check(b"POST", Some("json"), true), Err((415, "contract_media_type")));
    assert_eq!(check(b"POST", None, true), Err((415, "contract_media_type")));
    assert_eq!(check(b"POST", None, false), Err((400, "contract_body_missing")));
    assert_eq!(check(b"PUT", None, false), Ok(Reading::Nothing));
    assert_eq!(check(b"PUT", Some("a/b"), true), Ok(Reading::Nothing));
}

#[test]
fn forms_are_checked_as_objects() {
    let content_type = "application/x-www-form-urlencoded";
    let schema = json!({ "type": "object", "required": ["age"], "additionalProperties": false, "properties": {
        "age": { "type": "integer" }, "tags": { "type": "array", "items": { "type": "boolean" } }, "zip": { "type": "string" },
    } });
    let document = document(
        &json!({ "/x": { "post": { "requestBody": { "content": { content_type: { "schema": schema } } } } } }),
    );
    let contract = compile(&document).unwrap();
    let found = contract.operation(b"POST", b"/x").unwrap();
    assert_eq!(found.check_content_type(Some(content_type.as_bytes()), true), Ok(Reading::Form));
    let check = |pairs: &[(&str, &str)]| {
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
        found.check_form(Some(content_type.as_bytes()), &pairs).map_err(|violation| violation.to_string())
    };
    assert_eq!(check(&[("age", "7"), ("tags", "true"), ("tags", "false"), ("zip", "01234")]), Ok(()));
    assert_eq!(check(&[("age", "x")]), Err("contract_body_invalid at body.age".to_owned()));
    assert_eq!(check(&[("tags", "true")]), Err("contract_body_invalid at body".to_owned()));
    assert_eq!(check(&[("age", "7"), ("tags", "1")]), Err("contract_body_invalid at body.tags[0]".to_owned()));
    assert_eq!(check(&[("age", "7"), ("x", "1")]), Err("contract_body_invalid at body.x".to_owned()));
    assert_eq!(check(&[("age", "7"), ("age", "8")]), Err("contract_parameter_repeated at body".to_owned()));
}

#[test]
fn references_are_percent_encoded_pointers() {
    let schemas = json!({ "a b/c%": { "type": "integer" } });
    let mut document = taking(&json!({ "$ref": "#/components/schemas/a%20b~1c%25" }));
    document["components"] = json!({ "schemas": schemas });
    let contract = compile(&document).unwrap();
    assert_eq!(check_body(&contract, &json!(1)), Ok(()));
    assert!(check_body(&contract, &json!("1")).is_err());
}

#[test]
fn references_may_go_round() {
    let mut document = taking(&json!({ "$ref": "#/components/schemas/Tree" }));
    document["components"] = json!({ "schemas": {
        "Tree": { "type": "object", "properties": { "children": { "type": "array", "items": { "$ref": "#/components/schemas/Tree" } }, "a/b": { "type": "integer" } } },
        "Part": { "$ref": "#/components/schemas/Tree/properties/a~1b" },
    } });
    let contract = compile(&document).unwrap();
    assert_eq!(check_body(&contract, &json!({ "children": [{ "children": [] }] })), Ok(()));
    assert_eq!(
        check_body(&contract, &json!({ "children": [{ "children": [{}, 1] }] })),
        Err("contract_body_invalid at body.children[0].children[1]".to_owned())
    );
}

#[test]
fn the_place_is_that_of_the_value_and_holds_none() {
    let schema = json!({ "properties": { "a": { "items": { "properties": { "b": { "maxLength": 1 } } } } } });
    assert_eq!(
        body(&schema, &json!({ "a": [{}, { "b": "secret" }] })),
        Err("contract_body_invalid at body.a[1].b".to_owned())
    );
    let alternatives =
        json!({ "properties": { "a": { "anyOf": [{ "type": "string" }, { "items": { "type": "string" } }] } } });
    assert_eq!(body(&alternatives, &json!({ "a": [1] })), Err("contract_body_invalid at body.a".to_owned()));
}

#[test]
fn a_document_that_is_not_understood_is_refused_by_its_path() {
    let ok = json!({ "name": "a", "in": "query", "schema": {} });
    let parameter = |change: (&str, Value)| {
        let mut parameter = ok.clone();
        parameter[change.0] = change.1;
        document(&json!({ "/x": { "get": { "parameters": [parameter] } } }))
    };
    let rooted = |change: (&str, Value)| {
        let mut root = document(&json!({}));
        root[change.0] = change.1;
        root
    };
    for (document, path) in [
        (rooted(("openapi", json!("2.0"))), "openapi"),
        (rooted(("openapi", json!(null))), "openapi"),
        (rooted(("jsonSchemaDialect", json!("x"))), "jsonSchemaDialect"),
        (rooted(("servers", json!([{ "url": "/{v}" }]))), "servers[0].url"),
        (json!({ "openapi": "3.0.3" }), "paths"),
        (document(&json!({ "x": {} })), "paths.x"),
        (document(&json!({ "/{a}{b}": {} })), "paths[\"/{a}{b}\"]"),
        (document(&json!({ "/x": { "query": {} } })), "paths[\"/x\"].query"),
        (document(&json!({ "/x": { "get": { "servers": [] } } })), "paths[\"/x\"].get.servers"),
        (document(&json!({ "/{a}": { "get": {} } })), "paths[\"/{a}\"].get.parameters"),
        (document(&json!({ "/x": { "get": { "parameters": [id(&json!({}))] } } })), "paths[\"/x\"].get.parameters"),
        (document(&json!({ "/x": { "$ref": "#/paths/~1x" } })), "paths[\"/x\"][\"$ref\"]"),
        (parameter(("in", json!("body"))), "paths[\"/x\"].get.parameters[0].in"),
        (parameter(("style", json!("deepObject"))), "paths[\"/x\"].get.parameters[0].style"),
        (parameter(("schema", json!({ "type": "object" }))), "paths[\"/x\"].get.parameters[0].schema"),
        (
            parameter(("content", json!({ "text/plain": {} }))),
            "paths[\"/x\"].get.parameters[0].content[\"text/plain\"]",
        ),
    ] {
        let error = compile(&document).unwrap_err();
        assert_eq!(error.path(), path, "{error}");
    }
    let alike = json!({ "/{a}": { "get": { "parameters": [{ "name": "a", "in": "path", "required": true, "schema": {} }] } },
        "/{b}": { "get": { "parameters": [{ "name": "b", "in": "path", "required": true, "schema": {} }] } } });
    assert_eq!(compile(&document(&alike)).unwrap_err().path(), "paths[\"/{b}\"]");
}

#[test]
fn schemas_that_apply_by_way_of_themselves_are_refused() {
    for (one, other) in [
        (json!({ "$ref": "#/components/schemas/A" }), json!({})),
        (
            json!({ "allOf": [{ "$ref": "#/components/schemas/B" }] }),
            json!({ "not": { "$ref": "#/components/schemas/A" } }),
        ),
    ] {
        let mut document = taking(&json!({ "$ref": "#/components/schemas/A" }));
        document["components"] = json!({ "schemas": { "A": one, "B": other } });
        assert_eq!(compile(&document).unwrap_err().path(), "components");
    }
}

#[test]
fn a_check_takes_a_bounded_number_of_steps() {
    // Each level is tried twice by each of two alternatives: 4^n without a bound.
    let mut document = taking(&json!({ "$ref": "#/components/schemas/A" }));
    document["components"] = json!({ "schemas": { "A": { "oneOf": [
        { "properties": { "a": { "$ref": "#/components/schemas/A" } }, "required": ["x"] },
        { "properties": { "a": { "$ref": "#/components/schemas/A" } }, "required": ["y"] },
        { "anyOf": [{ "properties": { "a": { "$ref": "#/components/schemas/A" } } }, { "properties": { "a": { "$ref": "#/components/schemas/A" } } }] },
    ] } } });
    document["components"]["schemas"]["A"]["oneOf"][0]["required"] = json!([]);
    let contract = compile(&document).unwrap();
    let deep = (0..60).fold(json!(1), |inner, _| json!({ "a": inner }));
    assert_eq!(check_body(&contract, &deep).unwrap_err().split(' ').next(), Some("contract_too_complex"));
}

#[test]
fn errors_in_what_is_referred_to_have_its_path() {
    let mut document = taking(&json!({ "$ref": "#/components/schemas/A" }));
    document["components"] = json!({ "schemas": { "A": { "properties": { "b": { "minLen": 1 } } } } });
    assert_eq!(compile(&document).unwrap_err().path(), "components.schemas.A.properties.b.minLen");
}
