//! A door before a server that a test can shut: "server down" and "network gone" without touching the server others use.

use tokio::io::{AsyncReadExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the door does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Lets everything through.
    Open,
    /// Ends all connections and every new one at once.
    Shut,
    /// Accepts and swallows everything, also for connections that were open; those stay silent for ever.
    Hole,
}

/// Stands as long as the value lives.
pub struct Proxy {
    pub url: String,
    door: watch::Sender<Door>,
}

impl Proxy {
    pub async fn new(target: &str, door: Door) -> Self {
        let target = url::Url::parse(target).expect("an address");
        let port = target.port().unwrap_or(6379);
        let target_address = format!("{}:{port}", target.host_str().expect("a host"));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let mut url = target;
        url.set_host(Some("127.0.0.1")).expect("a host");
        url.set_port(Some(listener.local_addr().expect("an address").port())).expect("a port");
        let (door, state) = watch::channel(door);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, target_address.clone(), state.clone()));
            }
        });
        Self { url: url.into(), door }
    }

    pub fn set(&self, door: Door) {
        self.door.send_replace(door);
    }
}

async fn pass(mut client: TcpStream, target: String, mut door: watch::Receiver<Door>) {
    if *door.borrow_and_update() == Door::Open {
        let mut server = TcpStream::connect(target).await.expect("the server of the tests");
        tokio::select! {
            _ = copy_bidirectional(&mut client, &mut server) => return,
            _ = door.wait_for(|door| *door != Door::Open) => {}
        }
    }
    if *door.borrow() == Door::Hole {
        let mut swallowed = [0; 4096];
        while matches!(client.read(&mut swallowed).await, Ok(1..)) {}
    }
}
