//! The door of a listening server, which can be shut before the server stops.

use std::io;
use std::net::TcpListener;

/// A second hand on a listener.
///
/// Whoever knocks at the moment in which a listener is closed is already connected as far as they know, and finds the connection broken. Behind
/// a shut door nobody's knock is heard: those who had come in before are served, and others find the address closed a moment later, which is an
/// answer.
#[derive(Debug)]
pub struct Door(TcpListener);

impl Door {
    /// That of a listener. The port is let go of when both are dropped.
    ///
    /// # Errors
    /// When the process may open no more files.
    pub fn of(listener: &TcpListener) -> io::Result<Self> {
        listener.try_clone().map(Self)
    }

    /// Lets nobody in any more.
    ///
    /// # Errors
    /// When the system knows no such thing; the door then stays open.
    #[cfg(target_os = "linux")]
    pub fn shut(&self) -> io::Result<()> {
        // A program for the kernel's filter of packets, of one instruction: keep 0 bytes of each (BPF_RET | BPF_K).
        let none = socket2::SockFilter::new(0x06, 0, 0, 0);
        socket2::SockRef::from(&self.0).attach_filter(&[none])
    }

    /// Lets nobody in any more, where the system knows how.
    ///
    /// # Errors
    /// Always: this system does not.
    #[cfg(not(target_os = "linux"))]
    pub fn shut(&self) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::{ErrorKind, Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::time::Duration;

    use super::Door;

    #[test]
    fn who_came_before_is_served_and_nobody_comes_after() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let door = Door::of(&listener).unwrap();
        let mut before = TcpStream::connect(address).unwrap();
        door.shut().unwrap();
        let after = TcpStream::connect_timeout(&address, Duration::from_millis(200));
        assert_eq!(after.unwrap_err().kind(), ErrorKind::TimedOut);
        before.write_all(b"served?").unwrap();
        let (mut served, _) = listener.accept().unwrap();
        let mut heard = [0; 7];
        served.read_exact(&mut heard).unwrap();
        assert_eq!(&heard, b"served?");
        drop((listener, door));
        let closed = TcpStream::connect_timeout(&address, Duration::from_secs(5));
        assert_eq!(closed.unwrap_err().kind(), ErrorKind::ConnectionRefused);
    }
}
