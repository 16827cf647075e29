//! Connections on demand: a directory starts one for each host that is asked for, watches it, and forgets it when it ends.

use std::collections::BTreeMap;

use otp::{
    prelude::*,
    supervisor::{ChildError, DynamicRef},
};

/// A connection to a host, which may break.
#[derive(Debug)]
pub struct Connection {
    host: &'static str,
    sent: u32,
}

#[actor]
impl Connection {
    #[init]
    fn init(host: &'static str) -> Self {
        println!("connected to {host}");
        Self { host, sent: 0 }
    }

    /// Sends a line; gives how many were sent.
    #[handle_call]
    pub fn send(&mut self, line: &'static str) -> u32 {
        self.sent += 1;
        println!("to {}: {line}", self.host);
        self.sent
    }

    /// The other side hangs up: the connection ends, and nobody starts it again.
    ///
    /// # Errors
    /// Always: it is why the connection ends.
    #[handle_cast]
    pub fn hang_up(&mut self) -> Result<(), ExitReason> {
        Err(ExitReason::other("the other side has hung up"))
    }
}

/// Knows the connections that there are.
#[derive(Debug)]
pub struct Directory {
    connections: DynamicRef<Connection>,
    known: BTreeMap<&'static str, ConnectionRef>,
    /// Which connection a monitor is of.
    watched: BTreeMap<MonitorRef, &'static str>,
}

#[actor]
impl Directory {
    #[init]
    fn init(connections: DynamicRef<Connection>) -> Self {
        Self { connections, known: BTreeMap::new(), watched: BTreeMap::new() }
    }

    /// The connection to a host: the one that there is, or a new one.
    ///
    /// # Errors
    /// When a new one is not started.
    #[handle_call]
    pub fn connection(&mut self, host: &'static str) -> Result<ConnectionRef, ChildError> {
        if let Some(connection) = self.known.get(host) {
            return Ok(connection.clone());
        }
        let connection = self.connections.start_child((host,))?;
        if let Some(monitor) = connection.monitor() {
            self.watched.insert(monitor, host);
            self.known.insert(host, connection.clone());
        }
        Ok(connection)
    }

    /// The hosts that there are connections to.
    #[handle_call]
    pub fn hosts(&self) -> Vec<&'static str> {
        self.known.keys().copied().collect()
    }

    #[handle_info]
    fn gone(&mut self, down: Down) {
        if let Some(host) = self.watched.remove(&down.monitor) {
            println!("the connection to {host} is gone: {}", down.reason);
            self.known.remove(host);
        }
    }
}

supervisor! {
    /// A directory that ends takes its connections with it: the next one knows of none.
    Network<one_for_all> {
        connections: dynamic<Connection> { restart: temporary };
        directory:   Directory(connections);
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let network = Network::start()?;
    let directory = network.directory();
    let first = directory.connection("erlang.org")??;
    println!("lines sent: {}", first.send("hello")?);
    println!("lines sent: {}", directory.connection("erlang.org")??.send("again")?);
    directory.connection("rust-lang.org")??;
    println!("connections: {:?}", directory.hosts()?);

    let monitor = first.monitor().ok_or("it is there")?;
    first.hang_up();
    process::current().receive_down(monitor, None);
    println!("asked again: {:?}", first.send("anybody there?").err());
    while directory.hosts()?.contains(&"erlang.org") {
        otp::sleep(Duration::from_millis(1));
    }
    println!("lines sent: {}", directory.connection("erlang.org")??.send("hello")?);
    println!("connections: {:?}", directory.hosts()?);
    network.supervisor().stop()?;
    Ok(())
}
