//! A plugin that does what a test tells it: each phase runs the commands of its request header (`x-probe-request-headers`,
//! `-request-body`, `-response-headers`, `-response-body`, `-log`; commands separated by `;`). What they find goes into `x-probe`
//! response headers, after the response headers into the log. See `command.rs` for the commands,
//! `watch.rs` for what a configuration can make it do.
#![expect(missing_docs, reason = "the crate's `main!` makes a function without documentation")]

mod command;
mod raw;
mod watch;

use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, BufferType, ContextType, LogLevel};

use command::{Findings, Next};
use raw::{Bytes, Map};
use watch::Watch;

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Debug);
    proxy_wasm::set_root_context(|_| Box::new(Root { configuration: Bytes::new(), watch: None }));
}}

struct Root {
    configuration: Bytes,
    watch: Option<Watch>,
}

impl Context for Root {
    fn on_grpc_stream_message(&mut self, _token: u32, size: usize) {
        watch::heard(size);
    }

    fn on_grpc_stream_close(&mut self, _token: u32, status: u32) {
        watch::closed(status);
    }
}

impl RootContext for Root {
    fn on_configure(&mut self, size: usize) -> bool {
        let found = hostcalls::get_buffer(BufferType::PluginConfiguration, 0, size);
        self.configuration = found.ok().flatten().unwrap_or_default();
        let text = String::from_utf8_lossy(&self.configuration).into_owned();
        say(&format!("configured with {}", command::show(&self.configuration)));
        match text.as_str() {
            "panic" => command::die(),
            "refuse" => return false,
            other => self.watch = Watch::new(other),
        }
        self.watch.as_ref().is_none_or(Watch::open)
    }

    fn on_tick(&mut self) {
        let _again_later = self.watch.as_ref().is_none_or(Watch::open);
    }

    fn create_http_context(&self, _context: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Exchange {
            commands: Default::default(),
            findings: Findings::new(self.configuration.clone()),
            responded: false,
            paused: Phase::RequestHeaders,
        }))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

#[derive(Clone, Copy)]
enum Phase {
    RequestHeaders,
    RequestBody,
    ResponseHeaders,
    ResponseBody,
    Log,
}

const PHASES: [(Phase, &str); 5] = [
    (Phase::RequestHeaders, "x-probe-request-headers"),
    (Phase::RequestBody, "x-probe-request-body"),
    (Phase::ResponseHeaders, "x-probe-response-headers"),
    (Phase::ResponseBody, "x-probe-response-body"),
    (Phase::Log, "x-probe-log"),
];

struct Exchange {
    /// Read at once: later phases cannot see the request's headers.
    commands: [String; PHASES.len()],
    findings: Findings,
    responded: bool,
    paused: Phase,
}

impl Exchange {
    fn run(&mut self, phase: Phase) -> Action {
        let commands = self.commands.get(phase as usize).cloned().unwrap_or_default();
        let next = self.findings.run(&commands);
        if self.responded {
            self.findings.take().iter().for_each(|line| say(line));
        }
        if matches!(next, Next::Pause) {
            self.paused = phase;
            return Action::Pause;
        }
        Action::Continue
    }

    fn run_body(&mut self, phase: Phase, end_of_stream: bool) -> Action {
        let commands = self.commands.get(phase as usize).cloned().unwrap_or_default();
        if end_of_stream {
            return self.run(phase);
        }
        if commands.split(';').any(|command| command.trim() == "buffer") { Action::Pause } else { Action::Continue }
    }
}

impl Context for Exchange {
    fn on_http_call_response(&mut self, _token: u32, headers: usize, body_size: usize, _trailers: usize) {
        let status = raw::header(Map::CallResponse, b":status");
        self.findings.add("call", &format!("{} headers={headers} body={body_size}", command::outcome(status)));
        self.resume();
    }

    fn on_grpc_call_response(&mut self, _token: u32, status: u32, size: usize) {
        let message = hostcalls::get_buffer(BufferType::GrpcReceiveBuffer, 0, size).ok().flatten();
        self.findings.add("grpc", &format!("{status} {}", command::show(&message.unwrap_or_default())));
        self.resume();
    }
}

impl Exchange {
    fn resume(&mut self) {
        let resumed = match self.paused {
            Phase::RequestHeaders | Phase::RequestBody => hostcalls::resume_http_request(),
            Phase::ResponseHeaders | Phase::ResponseBody | Phase::Log => hostcalls::resume_http_response(),
        };
        if resumed.is_err() {
            self.findings.add("resume", "failed");
        }
    }
}

impl HttpContext for Exchange {
    fn on_http_request_headers(&mut self, _count: usize, _end_of_stream: bool) -> Action {
        for (phase, name) in PHASES {
            if let (Some(slot), Ok(value)) =
                (self.commands.get_mut(phase as usize), raw::header(Map::Request, name.as_bytes()))
            {
                *slot = String::from_utf8_lossy(&value).into_owned();
            }
        }
        self.run(Phase::RequestHeaders)
    }

    fn on_http_request_body(&mut self, _size: usize, end_of_stream: bool) -> Action {
        self.run_body(Phase::RequestBody, end_of_stream)
    }

    fn on_http_response_headers(&mut self, _count: usize, _end_of_stream: bool) -> Action {
        let action = self.run(Phase::ResponseHeaders);
        for line in self.findings.take() {
            let _status = raw::add_header(Map::Response, b"x-probe", line.as_bytes());
        }
        self.responded = true;
        action
    }

    fn on_http_response_body(&mut self, _size: usize, end_of_stream: bool) -> Action {
        self.run_body(Phase::ResponseBody, end_of_stream)
    }

    fn on_log(&mut self) {
        self.responded = true;
        self.run(Phase::Log);
    }
}

fn say(text: &str) {
    let _status = hostcalls::log(LogLevel::Info, text);
}
