use gatewright_core::host::{BufferKind, Host};

use super::*;

/// Notes the life of every context. A configuration `bad` is refused, `trap` traps.
fn noting(notes: &Notes) -> impl Fn(&VmHost) -> Scripted + 'static {
    let notes = notes.clone();
    move |host| {
        let note = || notes.clone();
        let (create, start, configure, done, delete, host) = (note(), note(), note(), note(), note(), host.clone());
        let requests = note();
        Scripted::new()
            .on_context_create(move |context, parent| create.end(format!("create {context} {parent}")))
            .on_vm_start(move |root, size| {
                start.add(format!("vm start {root} {size}"));
                Ok(true)
            })
            .on_configure(move |root, size| {
                let config = body(&host, BufferKind::PluginConfiguration);
                assert_eq!(config.len(), size as usize);
                configure.add(format!("configure {root} {config}"));
                if config == "trap" { Err(Trap("config".into())) } else { Ok(config != "bad") }
            })
            .on_request_headers(move |context, _, _| {
                requests.add(format!("request {context}"));
                Ok(4)
            })
            .on_done(move |context| {
                done.add(format!("done {context}"));
                Ok(true)
            })
            .on_delete(move |context| delete.end(format!("delete {context}")))
    }
}

#[test]
fn every_plugin_configuration_is_a_root_context_started_and_configured() {
    let notes = Notes::default();
    let builder = Proxy::builder().config("one").plugin("second", "two").vm_config("vm");
    let _proxy = start_with(builder, noting(&notes));
    let root =
        |n: u32, config: &str| [format!("create {n} 0"), format!("vm start {n} 2"), format!("configure {n} {config}")];
    assert_eq!(notes.take(), [root(1, "one"), root(2, "two")].concat());
}

#[test]
fn the_main_thread_starts_a_canary_and_a_vm_of_its_own() {
    let notes = Notes::default();
    let _proxy = start_with(Proxy::builder().workers(2).main_thread(), noting(&notes));
    let configured = notes.take().iter().filter(|note| note.starts_with("configure")).count();
    assert_eq!(configured, 4);
}

#[test]
fn a_new_configuration_is_a_new_root_and_the_old_one_ends_with_its_last_exchange() {
    let notes = Notes::default();
    let mut proxy = start_with(Proxy::builder().config("old"), noting(&notes));
    let held = proxy.send(Request::get("/"));
    notes.take();
    proxy.configure("new").unwrap();
    let tried = ["create 1 0", "vm start 1 0", "configure 1 new"];
    let taken = ["create 3 0", "vm start 3 0", "configure 3 new"];
    assert_eq!(notes.take(), [tried, taken].concat());
    proxy.send(Request::get("/"));
    assert_eq!(notes.take(), ["create 4 3", "request 4"]);
    proxy.abort(&held);
    assert_eq!(notes.take(), ["done 2", "delete 2", "done 1", "delete 1"]);
}

#[test]
fn a_refused_configuration_leaves_the_old_one_serving() {
    for config in ["bad", "trap"] {
        let notes = Notes::default();
        let mut proxy = start_with(Proxy::builder().config("old"), noting(&notes));
        assert!(proxy.configure(config).is_err());
        notes.take();
        proxy.send(Request::get("/"));
        assert_eq!(notes.take(), ["create 2 1", "request 2"], "{config}");
    }
}

#[test]
fn ticks_come_at_their_period_until_it_is_0() {
    let notes = Notes::default();
    let seen = notes.clone();
    let mut proxy = start(move |host| {
        let (start, host, seen) = (host.clone(), host.clone(), seen.clone());
        Scripted::new().on_configure(move |_, _| Ok(start.set_tick_period(100).is_ok())).on_tick(move |_| {
            let millis = host.now_nanos() / 1_000_000 % 1000;
            seen.add(millis);
            if millis == 300 {
                host.set_tick_period(0).unwrap();
            }
            Ok(())
        })
    });
    proxy.advance(Duration::from_millis(250));
    assert_eq!(notes.take(), ["100", "200"]);
    proxy.advance(Duration::from_secs(1));
    assert_eq!(notes.take(), ["300"]);
}

#[test]
fn the_wall_clock_may_jump_and_timers_do_not_notice() {
    let notes = Notes::default();
    let seen = notes.clone();
    let mut proxy = start(move |host| {
        let (start, host, seen) = (host.clone(), host.clone(), seen.clone());
        Scripted::new()
            .on_configure(move |_, _| Ok(start.set_tick_period(1000).is_ok()))
            .on_tick(move |_| seen.end(host.now_nanos()))
    });
    assert_eq!(proxy.world().now_nanos(), 1_767_225_600_000_000_000);
    proxy.advance(Duration::from_millis(500));
    proxy.world().set_now(5);
    proxy.advance(Duration::from_millis(500));
    assert_eq!(notes.take(), ["500000005"]);
}

#[test]
fn a_guest_that_never_comes_to_rest_is_stopped() {
    let builder = Proxy::builder().upstream("idp", |_| Response::new(200).into());
    let proxy = start_with(builder, |host| {
        let (start, host) = (host.clone(), host.clone());
        let call = |host: &VmHost| host.http_call(b"idp", &callout_headers("/"), b"", b"", 1).is_ok();
        Scripted::new().on_configure(move |_, _| Ok(call(&start))).on_http_call_response(move |_, _, _, _, _| {
            call(&host);
            Ok(())
        })
    });
    assert!(proxy.logs().iter().any(|line| line.message.contains("events without time passing")));
}

#[test]
fn a_root_context_may_defer_its_end_and_is_asked_once() {
    let notes = Notes::default();
    let seen = notes.clone();
    let mut proxy = start(move |host| {
        let (start, host, seen, deleted) = (host.clone(), host.clone(), seen.clone(), seen.clone());
        Scripted::new()
            .on_configure(move |_, _| Ok(start.set_tick_period(1000).is_ok()))
            .on_done(move |context| {
                seen.add(format!("done {context}"));
                Ok(context != 1)
            })
            .on_tick(move |root| {
                if root == 1 {
                    host.done().unwrap();
                }
                Ok(())
            })
            .on_delete(move |context| deleted.end(format!("delete {context}")))
    });
    proxy.configure("new").unwrap();
    assert_eq!(notes.take(), ["done 1"]);
    proxy.send(Request::get("/"));
    assert_eq!(notes.take(), ["done 3", "delete 3"]);
    proxy.advance(Duration::from_secs(1));
    assert_eq!(notes.take(), ["delete 1"]);
}

#[test]
fn each_plugin_is_configured_on_its_own() {
    let notes = Notes::default();
    let mut proxy = start_with(Proxy::builder().config("a").plugin("second", "b"), noting(&notes));
    notes.take();
    proxy.configure_plugin("second", "c").unwrap();
    let configured: Vec<_> = notes.take().into_iter().filter(|note| note.starts_with("configure")).collect();
    assert_eq!(configured, ["configure 1 a", "configure 2 c", "configure 3 a", "configure 4 c"]);
}
