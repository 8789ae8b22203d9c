//! A Redis of its own for a test.
#![expect(
    clippy::disallowed_methods,
    reason = "another process keeps no virtual time: only the machine's clock bounds a wait for it"
)]

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

const PROGRAM: &str = "redis-server";
const START_LIMIT: Duration = Duration::from_secs(10);

/// A running Redis without persistence. Ends when dropped.
#[derive(Debug)]
pub struct Redis {
    child: Child,
    address: SocketAddr,
}

impl Redis {
    /// Starts `redis-server`, which is installed from the distribution's packages if it is missing and this may do so.
    ///
    /// # Errors
    /// One sentence that says what is missing.
    pub fn start() -> Result<Self, String> {
        let program = program()?;
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
        Self::start_at(free.map_err(|error| format!("no free port: {error}"))?, &program)
    }

    /// Kills it and starts it again, empty, on the same port.
    ///
    /// # Errors
    /// It does not start.
    pub fn restart_empty(&mut self) -> Result<(), String> {
        self.kill();
        *self = Self::start_at(self.address, &program()?)?;
        Ok(())
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Ends it at once (SIGKILL).
    pub fn kill(&mut self) {
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }

    /// Stops it without ending it (SIGSTOP): connections stay, answers do not come.
    pub fn hang(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on (SIGCONT).
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    fn start_at(address: SocketAddr, program: &PathBuf) -> Result<Self, String> {
        let port = address.port().to_string();
        let child = Command::new(program)
            .args(["--bind", "127.0.0.1", "--port", &port, "--save", "", "--appendonly", "no", "--daemonize", "no"])
            .current_dir(std::env::temp_dir())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("{} does not start: {error}", program.display()))?;
        let redis = Self { child, address };
        let started = Instant::now();
        while started.elapsed() < START_LIMIT {
            if redis.answers() {
                return Ok(redis);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(format!("{PROGRAM} did not answer within {START_LIMIT:?}"))
    }

    fn answers(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect_timeout(&self.address, Duration::from_secs(1)) else { return false };
        let mut answer = [0; 7];
        let patience = stream.set_read_timeout(Some(Duration::from_secs(1)));
        patience.is_ok()
            && stream.write_all(b"PING\r\n").is_ok()
            && stream.read_exact(&mut answer).is_ok()
            && &answer == b"+PONG\r\n"
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _sent = kill_process(pid, signal);
        }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The program, installed if need be.
fn program() -> Result<PathBuf, String> {
    if let Some(found) = on_path() {
        return Ok(found);
    }
    let may_install = rustix::process::geteuid().is_root() && fs::exists("/etc/debian_version").unwrap_or(false);
    if may_install {
        let install = ["install", "--yes", "--no-install-recommends", PROGRAM];
        let status = Command::new("apt-get").args(install).stdin(Stdio::null()).stdout(Stdio::null()).status();
        if status.is_ok_and(|status| status.success())
            && let Some(found) = on_path()
        {
            return Ok(found);
        }
    }
    Err(format!("{PROGRAM} is not on PATH: install Redis, on Debian with `apt-get install {PROGRAM}`"))
}

fn on_path() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(PROGRAM)).find(|file| file.is_file())
}
