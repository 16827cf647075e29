//! Three characters under a supervisor, who has seen it all: each strategy heals them in its own way. In the fourth
//! chapter they come and go while the play is on.

use otp::{prelude::*, supervisor::DynamicSupervisor};

/// A character says who starts and who ends.
#[derive(Debug)]
pub struct Character {
    name: &'static str,
}

#[actor]
impl Character {
    #[init]
    fn init(name: &'static str, ctx: &mut Context<Self>) -> Self {
        // Without this it would end without a word when its supervisor says so.
        ctx.trap_exit(true);
        println!("    {name} starts");
        Self { name }
    }

    /// Says something.
    #[handle_call]
    pub fn say(&self, line: &'static str) {
        println!("    {}: {line}", self.name);
    }

    /// Dies of something.
    ///
    /// # Errors
    /// Always: that is how a cast ends its actor.
    #[handle_cast]
    pub fn die(&mut self, cause: &'static str) -> Result<(), String> {
        Err(cause.to_owned())
    }

    #[terminate]
    fn end(&mut self, reason: &ExitReason) {
        println!("    {} ends: {reason}", self.name);
    }
}

supervisor! {
    /// When one dies, that one is started again.
    OneForOne<one_for_one> {
        superman: Character("Superman");
        batman:   Character("Batman");
        robin:    Character("Robin");
    }
}

supervisor! {
    /// When one dies, all are started again.
    OneForAll<one_for_all> {
        superman: Character("Superman");
        batman:   Character("Batman");
        robin:    Character("Robin");
    }
}

supervisor! {
    /// When one dies, it and those after it are started again.
    RestForOne<rest_for_one> {
        superman: Character("Superman");
        batman:   Character("Batman");
        robin:    Character("Robin");
    }
}

/// The scene is the same for each tree: Batman dies, and is asked to speak.
macro_rules! play {
    ($tree:ident) => {{
        println!("{}: the curtain rises", stringify!($tree));
        let tree = $tree::start_link()?;
        println!("{tree}");
        tree.batman().say("I am the night")?;
        let monitor = tree.batman().monitor();
        tree.batman().die("a blow to the head");
        if let Some(down) = monitor.and_then(|monitor| process::current().receive_down(monitor, None)) {
            println!("    (Batman is mourned: {})", down.reason);
        }
        // The supervisor answers when it has healed the tree; the same client then reaches the new Batman.
        tree.supervisor().count_children()?;
        tree.batman().say("I am back")?;
        println!("{}: the curtain falls", stringify!($tree));
        tree.supervisor().stop()?;
    }};
}

/// The cast changes: nobody is in it to begin with.
fn improvise() -> Result<(), Box<dyn std::error::Error>> {
    println!("Improvised: the curtain rises");
    let cast = DynamicSupervisor::<Character>::new().max_children(2).start_link()?;
    let batman = cast.start_child(("Batman",))?;
    let joker = cast.start_child(("Joker",))?;
    batman.say("Who are you?")?;
    println!("    (no role for Robin: {})", refusal(cast.start_child(("Robin",))));
    let monitor = joker.monitor();
    joker.die("laughter");
    if let Some(monitor) = monitor {
        process::current().receive_down(monitor, None);
    }
    cast.count_children()?;
    joker.say("Did you miss me?")?;
    cast.terminate_child(&joker)?;
    println!("    (Joker is written out: {})", refusal(joker.say("Not again!")));
    let robin = cast.start_child(("Robin",))?;
    robin.say("Holy vacancy!")?;
    cast.terminate_child(&batman)?;
    println!("Improvised: the curtain falls");
    cast.stop()?;
    Ok(())
}

fn refusal<T, E: ToString>(result: Result<T, E>) -> String {
    result.err().map_or_else(String::new, |error| error.to_string())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    play!(OneForOne);
    play!(OneForAll);
    play!(RestForOne);
    improvise()?;
    Ok(())
}
