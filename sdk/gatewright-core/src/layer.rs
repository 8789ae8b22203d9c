//! The onion: policies of a module run one inside the other over one exchange.

use std::cell::RefCell;
use std::future::{Future, pending, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use crate::chain::Chosen;
use crate::config::Mode;
use crate::context::Context;
use crate::event::Decision;
use crate::exchange::Exchange;
use crate::fault::{Cause, Fault};
use crate::flow::Flow;
use crate::phases::Phases;
use crate::policy::AnyPolicy;
use crate::reply::{Reply, Verdict};
use crate::request::Request;
use crate::response::Response;

/// One layer at work on one exchange.
pub(crate) struct Run {
    exchange: Rc<Exchange>,
    layers: Rc<[Rc<Chosen>]>,
    index: usize,
    chosen: Rc<Chosen>,
    /// The request as it came, where the policy's changes may turn out not to count.
    original: RefCell<Option<Request>>,
    /// The response as it came back, for the same reason.
    returned: RefCell<Option<Response>>,
    /// How many filters the request had when it came.
    filters: usize,
    /// What happens instead of what the policy will return: decided where the policy can only be left waiting.
    overruled: RefCell<Option<Passage>>,
}

/// What the layers made of a request.
pub(crate) enum Passage {
    /// All of them let it go on, and none waits for the response.
    On(Request),
    /// There is a response.
    Back(Response),
    /// It is on its way already, and nobody waits for the response any more.
    Gone,
}

/// Runs the layers from `first` inwards.
pub(crate) fn run(
    exchange: Rc<Exchange>,
    layers: Rc<[Rc<Chosen>]>,
    first: usize,
    mut request: Request,
) -> Pin<Box<dyn Future<Output = Passage>>> {
    Box::pin(async move {
        for (index, chosen) in layers.iter().enumerate().skip(first) {
            let Some(policy) = chosen.policy.clone() else { continue };
            let run = Run::begin(&exchange, &layers, index, chosen, &request);
            match run.step(policy, request).await {
                Passage::On(next) => request = next,
                other => return other,
            }
        }
        Passage::On(request)
    })
}

/// Lets a layer's request go on inwards, and gives the layer what comes back.
pub(crate) async fn forward(mut request: Request) -> Response {
    let Some(run) = request.run.take() else { return pending().await };
    let exchange = Rc::clone(&run.exchange);
    let inwards = match run.go_on_awaited(request) {
        Passage::On(inwards) => inwards,
        other => return run.overrule(other).await,
    };
    let mut inner = self::run(Rc::clone(&exchange), Rc::clone(&run.layers), run.index + 1, inwards);
    let passage = poll_fn(|task| match inner.as_mut().poll(task) {
        // The layer that waits and is nearest to the proxy takes the proxy's own answer; layers inside it never decided.
        Poll::Pending if exchange.early.take() => Poll::Ready(Passage::Back(Response::upstream(&exchange))),
        polled => polled,
    })
    .await;
    drop(inner);
    let response = match passage {
        Passage::Back(response) => response,
        Passage::Gone => exchange.response().await,
        Passage::On(request) => match exchange.send_upstream(request) {
            Ok(()) => exchange.response().await,
            Err(fault) => exchange.refusal(&fault),
        },
    };
    if run.chosen.is_tentative() {
        run.returned.replace(Some(response.checkpoint()));
    }
    response
}

impl Run {
    fn begin(
        exchange: &Rc<Exchange>,
        layers: &Rc<[Rc<Chosen>]>,
        index: usize,
        chosen: &Rc<Chosen>,
        request: &Request,
    ) -> Rc<Self> {
        let original = chosen.is_tentative().then(|| request.checkpoint());
        Rc::new(Self {
            exchange: Rc::clone(exchange),
            layers: Rc::clone(layers),
            index,
            chosen: Rc::clone(chosen),
            original: RefCell::new(original),
            returned: RefCell::new(None),
            filters: exchange.request.filters.borrow().len(),
            overruled: RefCell::new(None),
        })
    }

    async fn step(self: Rc<Self>, policy: Rc<dyn AnyPolicy>, mut request: Request) -> Passage {
        request.run = Some(Rc::clone(&self));
        let cx = Context::new(Rc::clone(&self.exchange), Rc::clone(&self.chosen));
        let mut handling = policy.handle(request, cx);
        poll_fn(|task| {
            let polled = handling.as_mut().poll(task);
            if let Some(passage) = self.overruled.take() {
                return Poll::Ready(passage);
            }
            polled.map(|result| match self.exchange.fault.take() {
                Some(fault) => self.fail(&fault),
                None => self.settle(result),
            })
        })
        .await
    }

    /// Ends the layer from inside the policy's own waiting.
    async fn overrule(&self, passage: Passage) -> Response {
        self.overruled.replace(Some(passage));
        pending().await
    }

    /// Turns what the policy returned into what happens.
    fn settle(&self, result: Result<Flow, Fault>) -> Passage {
        let shadow = self.chosen.mode == Mode::Shadow;
        match result {
            Ok(Flow::Forward(forward)) => self.go_on(forward.request),
            Ok(Flow::Reply(reply)) => {
                self.chosen.decide_reply(&self.exchange, &reply);
                if shadow { self.as_it_came() } else { Passage::Back(self.local(reply)) }
            }
            Ok(Flow::Response(mut response)) if shadow => {
                response.message.observe(&self.chosen);
                self.as_it_came()
            }
            Ok(Flow::Response(mut response)) => match response.message.accept(&self.chosen) {
                Ok(None) => Passage::Back(response),
                Ok(Some(reply)) => self.settle(Ok(Flow::Reply(reply))),
                Err(fault) => self.fail(&fault),
            },
            Err(fault) => self.fail(&fault),
        }
    }

    /// What the next layer gets of a request whose policy waits for the response.
    fn go_on_awaited(&self, request: Request) -> Passage {
        if !self.exchange.root.module.phases.contains(Phases::RESPONSE_HEADERS) {
            let message = "the policy awaits the response, but its PHASES and export! do not name response_headers";
            return self.fail(&Fault::new(Cause::Misuse, message));
        }
        let kept = self.original.borrow().as_ref().map(Request::checkpoint);
        let passage = self.go_on(request);
        self.original.replace(kept);
        passage
    }

    /// What the next layer gets of a request that the policy lets go on.
    fn go_on(&self, mut request: Request) -> Passage {
        if let Some(fault) = self.exchange.fault.take() {
            return self.fail(&fault);
        }
        let shadow = self.chosen.mode == Mode::Shadow;
        if shadow {
            request.message.observe(&self.chosen);
        } else if let Err(fault) = request.message.accept(&self.chosen) {
            return self.fail(&fault);
        }
        let decision =
            Decision { mode: self.chosen.mode, verdict: Verdict::Allow, reason: "", status: None, message: "" };
        self.chosen.decide(&self.exchange, &decision);
        let original = if shadow { self.original.take() } else { None };
        Passage::On(original.unwrap_or(request))
    }

    fn fail(&self, fault: &Fault) -> Passage {
        self.chosen.decide(&self.exchange, &Decision::of_fault(self.chosen.mode, fault));
        if self.chosen.is_tentative() {
            return self.as_it_came();
        }
        Passage::Back(self.local(Reply::of_fault(fault, self.exchange.request.open.get())))
    }

    /// What passes on where the policy's part does not count.
    fn as_it_came(&self) -> Passage {
        if let Some(response) = self.returned.take() {
            return Passage::Back(response);
        }
        if self.exchange.request.open.get() {
            return Passage::Gone;
        }
        // Let go once already, perhaps, and given up while later layers had not decided: they decide anew.
        let Some(request) = self.original.take() else { return Passage::Gone };
        self.exchange.request.filters.borrow_mut().truncate(self.filters);
        Passage::On(request)
    }

    fn local(&self, reply: Reply) -> Response {
        Response::local(&self.exchange, &self.chosen.name, reply)
    }
}
