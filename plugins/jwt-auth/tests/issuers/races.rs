//! Workers that run at the same time, in orders that a seed decides.

use gatewright_testing::proxy::{Proxy, World, race};
use jwt_auth::JwtAuth;

use crate::support::*;

#[test]
fn whatever_the_order_workers_fetch_once_and_all_have_the_keys() {
    for seed in 0..40 {
        let world = World::new(seed);
        let idp = Idp::new(jwks(&[OLD]));
        let upstream = idp.clone();
        world.upstream("idp", move |request| upstream.answer(request));
        let build = |index: usize| {
            let builder = Proxy::builder().world(&world).first_worker(index).config(remote());
            builder.policy::<JwtAuth>("jwt-auth").unwrap()
        };
        let statuses = race(seed, 3, build, |index, proxy| {
            let early = send(proxy, index, &token(OLD));
            // The clock is one for all: together they let more time pass than each, but less than requests wait.
            (0..30).for_each(|_| proxy.advance(ms(20)));
            let unknown = send(proxy, index, &token(NEW));
            (0..60).for_each(|_| proxy.advance(ms(50)));
            (early.status(), unknown.status())
        });
        assert_eq!(statuses, [(200, 401); 3], "seed {seed}");
        assert_eq!(idp.count(), 2, "seed {seed}: one fetch at the start, one for an unknown kid");
    }
}
