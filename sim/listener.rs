//! A listener on the simulated network, as axum wants one.

use std::net::SocketAddr;

use turmoil::net::{TcpListener, TcpStream};

/// A turmoil listener.
pub(crate) struct Listener(TcpListener);

impl Listener {
    /// Listens on `port` of this host.
    pub(crate) async fn on(port: u16) -> std::io::Result<Self> {
        TcpListener::bind(("0.0.0.0", port)).await.map(Self)
    }
}

impl axum::serve::Listener for Listener {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            // A connection that broke while it was made is its client's problem.
            if let Ok(accepted) = self.0.accept().await {
                return accepted;
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.0.local_addr()
    }
}
