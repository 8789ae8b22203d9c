//! What a hit asks of the proxy.

use gatewright::host::LogLevel;

use super::*;

#[test]
fn a_hit_reads_the_fields_the_clock_and_shared_data_once() {
    let mut cache = Cached::new();
    cache.origin(fresh("hello")).get();
    let world = cache.proxy.world().clone();
    world.set_log_level(LogLevel::Info);
    cache.advance(1).get();
    world.reset_host_calls();
    assert!(cache.get().hit());
    let calls = cache.proxy.host_calls();
    for function in [
        "proxy_get_header_map_pairs",
        "proxy_get_current_time_nanoseconds",
        "proxy_get_shared_data",
        "proxy_send_local_response",
    ] {
        assert_eq!(calls.of(function).calls, 1, "{function}");
    }
    // Three counters, a histogram.
    assert!(calls.total().calls <= 8, "{calls:?}");
}
