//! Sessions that are found by their ids, whichever process has them now.
//!
//! The registry comes first in a `rest_for_one` tree: each session registers itself in its `init`, and without a
//! registry none of them makes sense. Whoever wants a session asks the registry for a client of its id, which reaches
//! whoever has registered it at that moment.

use otp::{
    name::RegisterError,
    prelude::*,
    registry::{Registry, RegistryRef},
};

/// By id, with the name of the user.
type Sessions = RegistryRef<u32, &'static str>;

/// What a user has said.
#[derive(Debug)]
pub struct Session {
    said: u32,
}

#[actor]
impl Session {
    #[init]
    fn init(id: u32, user: &'static str, sessions: Sessions) -> Result<Self, RegisterError> {
        sessions.register(id, user)?;
        Ok(Self { said: 0 })
    }

    /// Counts what was said.
    #[handle_call]
    pub fn say(&mut self, _text: String) -> u32 {
        self.said += 1;
        self.said
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
    /// The registry, then those who register themselves.
    Chat<rest_for_one> {
        sessions: Registry<u32, &'static str>(Registry::new());
        users:    supervisor<one_for_one> {
            user: [Session(id, user, sessions) for (id, user) in (1..).zip(["Joe", "Mike", "Robert"])];
        };
    }
}

/// Who is there, by id.
fn list(sessions: &Sessions) {
    let mut users = sessions.select(|id, _pid, user| Some((*id, *user)));
    users.sort_unstable();
    users.iter().for_each(|(id, user)| println!("    {id}: {user}"));
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let chat = Chat::start_link()?;
    let sessions = chat.sessions();
    println!("the sessions, by id");
    list(&sessions);

    let joe = sessions.client::<Session>(1);
    joe.say("Hello Mike".into())?;
    println!("Joe has said {} things", joe.say("Hello Robert".into())?);

    println!("his session crashes: the next one has his id");
    let before = sessions.lookup(&1);
    let monitor = joe.monitor().ok_or("he is there")?;
    joe.crash();
    process::current().receive_down(monitor, None);
    // It answers when it has healed what is below it.
    chat.users().supervisor().count_children()?;
    println!("    {}", if sessions.lookup(&1) == before { "the same process" } else { "another process" });
    println!("Joe has said {} thing", joe.say("Hello again".into())?);

    println!("Robert leaves: his id is nobody's");
    chat.users().supervisor().terminate_child(("user", 2))?;
    if let Err(error) = sessions.client::<Session>(3).say("Wait!".into()) {
        println!("    {error}");
    }

    chat.supervisor().stop()?;
    Ok(())
}
