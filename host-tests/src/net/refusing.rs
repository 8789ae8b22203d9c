//! An upstream that is down.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener};
use std::os::fd::OwnedFd;

use rustix::net::sockopt::set_socket_reuseport;
use rustix::net::{AddressFamily, SocketType, bind, getsockname, listen, socket};

/// An address at which connections are refused. Nobody else gets the port while this lives: it is bound, but nobody listens, unless an
/// [`Upstream`](super::Upstream) is [started there](super::Upstream::start_at).
#[derive(Debug)]
pub struct Refusing {
    _socket: OwnedFd,
    address: SocketAddr,
}

impl Refusing {
    /// Takes a free port.
    ///
    /// # Errors
    /// There is none.
    pub fn new() -> io::Result<Self> {
        let socket = shared_socket()?;
        bind(&socket, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0))?;
        let address = getsockname(&socket)?.try_into()?;
        Ok(Self { _socket: socket, address })
    }

    /// Where nobody listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Listens there. Connections are refused again once the listener is dropped.
    pub(super) fn listen(&self) -> io::Result<TcpListener> {
        let socket = shared_socket()?;
        bind(&socket, &self.address)?;
        listen(&socket, 128)?;
        Ok(socket.into())
    }
}

/// A socket that binds to a port which another one of these has.
fn shared_socket() -> io::Result<OwnedFd> {
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None)?;
    set_socket_reuseport(&socket, true)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn connections_are_refused_and_the_port_is_taken() {
        let refusing = Refusing::new().unwrap();
        assert_eq!(TcpStream::connect(refusing.address()).unwrap_err().kind(), ErrorKind::ConnectionRefused);
        assert_eq!(TcpListener::bind(refusing.address()).unwrap_err().kind(), ErrorKind::AddrInUse);
    }

    #[test]
    fn somebody_can_come_and_go() {
        let refusing = Refusing::new().unwrap();
        for _ in 0..3 {
            let listener = refusing.listen().unwrap();
            assert_eq!(listener.local_addr().unwrap(), refusing.address());
            TcpStream::connect(refusing.address()).unwrap();
            drop(listener);
            assert_eq!(TcpStream::connect(refusing.address()).unwrap_err().kind(), ErrorKind::ConnectionRefused);
        }
    }
}
