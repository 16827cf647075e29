//! Who is started before whom, and who dies with whom: a client and a web handler need tables that are filled, and not
//! one another.
//!
//! The tables come first, in a `rest_for_one` tree: without them the rest makes no sense, and starts anew. Client and
//! web handler are siblings in a `one_for_one` tree below: each is healed alone. The two tables are one thing, and
//! start and end together: `one_for_all`.

use otp::prelude::*;

/// A part of the system, which says when it is up.
#[derive(Debug)]
pub struct Part;

#[actor]
impl Part {
    #[init]
    fn init(name: &'static str) -> Self {
        println!("    {name} is up");
        Self
    }

    /// Ends when it has come to this.
    ///
    /// # Errors
    /// Always: that is how a cast ends its actor.
    #[handle_cast]
    pub fn crash(&mut self) -> Result<(), &'static str> {
        Err("a bug")
    }
}

supervisor! {
    /// The order of its children is the order of the boot.
    System<rest_for_one> {
        tables: supervisor<one_for_all> {
            intensity: 1 in 5s;
            users:  Part("table of users");
            orders: Part("table of orders");
        };
        services: supervisor<one_for_one> {
            intensity: 1 in 5s;
            client: Part("client");
            web:    Part("web handler");
        };
    }
}

/// A process comes to its end, and its supervisor does what it does then.
fn scene(
    title: &str,
    process: Option<Pid>,
    end: impl FnOnce(),
    supervisor: &SupervisorRef,
) -> Result<(), Box<dyn std::error::Error>> {
    println!("{title}");
    let monitor = process::monitor(process.ok_or("it is not up")?);
    end();
    process::current().receive_down(monitor, None);
    // It answers when it has healed what is below it.
    supervisor.count_children()?;
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("the system boots");
    let system = System::start_link()?;
    let (tables, services) = (system.tables(), system.services());
    let (users, client, web) = (tables.users(), services.client(), services.web());

    let title = "the web handler crashes: it alone starts again";
    scene(title, web.pid(), || web.crash(), services.supervisor())?;

    let title = "the client crashes as well: once too often for the services, which start again";
    scene(title, services.supervisor().pid(), || client.crash(), system.supervisor())?;

    let title = "the table of users crashes: the other one goes with it";
    scene(title, users.pid(), || users.crash(), tables.supervisor())?;

    let title = "and again: the tables start again, and then all that was started after them";
    scene(title, tables.supervisor().pid(), || users.crash(), system.supervisor())?;

    let title = "the client crashes: it alone starts again, as its supervisor is a new one";
    scene(title, client.pid(), || client.crash(), services.supervisor())?;

    println!("the system ends");
    system.supervisor().stop()?;
    Ok(())
}
