//! Shows a real Envoy with jwt-auth in it, admitting and refusing real requests, and one with response-cache. `make demo` runs it.
#![expect(clippy::print_stdout, reason = "its output is for a person")]

mod cache;
mod scene;
mod table;
mod tokens;

use std::io::{self, BufRead, Write};

use anyhow::Result;
use gatewright_host::build::{self, Target};

use crate::scene::Scene;
use crate::tokens::Tokens;

fn main() -> Result<()> {
    println!("Building jwt-auth and response-cache for wasm32-wasip1 (a minute the first time) ...");
    let module = build::module("jwt-auth", Target::Wasip1)?;
    let caching = build::module("response-cache", Target::Wasip1)?;
    println!("Starting an upstream, and Envoy with the module in it ...");
    let scene = Scene::start(&module)?;
    let tokens = Tokens::mint()?;
    println!("\nRoutes: {}\n", scene::ROUTES);
    table::print(&scene.play(&tokens)?);
    println!("\nEach line was a real request to {}.", scene.url());
    println!("\nAnother Envoy, with response-cache: {}\n", cache::ABOUT);
    cache::show(&caching)?;
    if std::env::args().any(|argument| argument == "--hold") {
        hold(&scene, &tokens)?;
    } else {
        println!(
            "\nLook further: `make demo HOLD=1` leaves it running for your own curl; docs/writing-a-policy.md shows how to make your own."
        );
    }
    Ok(())
}

/// Leaves the proxy running until the reader has seen enough.
fn hold(scene: &Scene, tokens: &Tokens) -> Result<()> {
    let (url, token) = (scene.url(), &tokens.orders);
    println!("It goes on running. A token for `orders`, good for an hour:\n\n  TOKEN={token}\n");
    println!("Try:\n  curl -i {url}/orders\n  curl -i {url}/orders -H \"authorization: Bearer $TOKEN\"");
    println!("  curl -i {url}/admin -H \"authorization: Bearer $TOKEN\"\n  curl -i {url}/health");
    println!("  curl -s {}/stats?filter=gatewright", scene.admin_url());
    print!("\nPress Enter to stop it. ");
    io::stdout().flush()?;
    io::stdin().lock().read_line(&mut String::new())?;
    Ok(())
}
