//! The onion: policies of a module run one inside the other over one exchange.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use crate::config::Mode;
use crate::context::Context;
use crate::event::Decision;
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::flow::Flow;
use crate::chain::Chosen;
use crate::policy::AnyPolicy;
use crate::reply::{Reply, Verdict};
use crate::request::Request;
use crate::response::Response;

/// One layer at work on one exchange.
pub(crate) struct Run {
    exchange: Rc<Exchange>,
    layers: Rc<[Chosen]>,
    index: usize,
    chosen: Chosen,
    /// The request as it came, where the policy's changes may turn out not to count.
    original: RefCell<Option<Request>>,
    /// The response as it came back, for the same reason.
    returned: RefCell<Option<Response>>,
    forwarded: Cell<bool>,
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
    layers: Rc<[Chosen]>,
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
    let exchange = Rc::clone(&request.message.exchange);
    let Some(run) = request.run.take() else { return std::future::pending().await };
    let inwards = match run.go_on(request) {
        Passage::On(inwards) => inwards,
        Passage::Back(refusal) => return exchange.abandon(refusal).await,
        Passage::Gone => return std::future::pending().await,
    };
    let passage = self::run(Rc::clone(&exchange), Rc::clone(&run.layers), run.index + 1, inwards).await;
    let response = match passage {
        Passage::Back(response) => response,
        Passage::Gone => exchange.response().await,
        Passage::On(request) => match exchange.send_upstream(request) {
            Ok(()) => exchange.response().await,
            Err(fault) => return exchange.abandon(run.refuse(&fault)).await,
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
        layers: &Rc<[Chosen]>,
        index: usize,
        chosen: &Chosen,
        request: &Request,
    ) -> Rc<Self> {
        let original = chosen.is_tentative().then(|| request.checkpoint());
        Rc::new(Self {
            exchange: Rc::clone(exchange),
            layers: Rc::clone(layers),
            index,
            chosen: chosen.clone(),
            original: RefCell::new(original),
            returned: RefCell::new(None),
            forwarded: Cell::new(false),
        })
    }

    async fn step(self: Rc<Self>, policy: Rc<dyn AnyPolicy>, mut request: Request) -> Passage {
        request.run = Some(Rc::clone(&self));
        let cx = Context::new(Rc::clone(&self.exchange), self.chosen.clone());
        let result = policy.handle(request, cx).await;
        match self.exchange.fault.borrow_mut().take() {
            Some(fault) => self.fail(&fault),
            None => self.settle(result),
        }
    }

    /// Turns what the policy returned into what happens.
    fn settle(&self, result: Result<Flow, Fault>) -> Passage {
        let shadow = self.chosen.mode == Mode::Shadow;
        match result {
            Ok(Flow::Forward(forward)) => self.go_on(forward.request),
            Ok(Flow::Reply(reply)) => {
                self.decided(reply.verdict, &reply.reason, Some(reply.status));
                if shadow { self.as_it_came() } else { Passage::Back(self.local(reply)) }
            }
            Ok(Flow::Response(_)) if shadow => self.as_it_came(),
            Ok(Flow::Response(mut response)) => match response.message.accept() {
                Ok(()) => Passage::Back(response),
                Err(fault) => self.fail(&fault),
            },
            Err(fault) => self.fail(&fault),
        }
    }

    /// What the next layer gets of a request that the policy lets go on.
    fn go_on(&self, mut request: Request) -> Passage {
        let accepted = match self.exchange.fault.borrow_mut().take() {
            Some(fault) => Err(fault),
            None if self.chosen.mode == Mode::Shadow => Ok(()),
            None => request.message.accept(),
        };
        if let Err(fault) = accepted {
            return self.fail(&fault);
        }
        self.forwarded.set(true);
        self.decided(Verdict::Allow, "", None);
        if self.chosen.mode == Mode::Shadow {
            return Passage::On(self.original.borrow_mut().take().unwrap_or(request));
        }
        Passage::On(request)
    }

    fn fail(&self, fault: &Fault) -> Passage {
        if self.chosen.is_tentative() {
            self.chosen.decide(&self.exchange, &Decision::of_fault(self.chosen.mode, fault));
            return self.as_it_came();
        }
        Passage::Back(self.refuse(fault))
    }

    /// What a client gets whose request could not be decided.
    fn refuse(&self, fault: &Fault) -> Response {
        self.chosen.decide(&self.exchange, &Decision::of_fault(self.chosen.mode, fault));
        let reply = Reply::deny(fault.status(), fault.cause().as_str());
        self.local(Reply { verdict: Verdict::Fault, ..reply })
    }

    /// What passes on where the policy's part does not count.
    fn as_it_came(&self) -> Passage {
        if let Some(response) = self.returned.borrow_mut().take() {
            return Passage::Back(response);
        }
        if self.forwarded.replace(true) {
            return Passage::Gone;
        }
        match self.original.borrow_mut().take() {
            Some(request) => Passage::On(request),
            None => Passage::Gone,
        }
    }

    fn local(&self, reply: Reply) -> Response {
        let details = format!("gatewright.{}.{}.{}", self.chosen.name, reply.verdict.as_str(), reply.reason);
        Response::local(&self.exchange, reply, details)
    }

    fn decided(&self, verdict: Verdict, reason: &str, status: Option<u16>) {
        let decision = Decision { mode: self.chosen.mode, verdict, reason, status, message: "" };
        self.chosen.decide(&self.exchange, &decision);
    }
}
