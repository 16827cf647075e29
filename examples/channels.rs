//! A channel server: clients join a room with a subject, hear what is said there, leave, and are forgotten when they
//! die.

use std::collections::BTreeMap;

use otp::{
    prelude::*,
    process::{Me, Selector, Subject},
};

enum Command {
    Join { who: &'static str, to: Subject<String> },
    Leave { who: &'static str },
    Say { who: &'static str, line: &'static str },
}

/// All that can happen to the server.
enum Event {
    Command(Command),
    Gone(Down),
}

/// Who is in the room, and the monitor that tells of their end.
type Members = BTreeMap<&'static str, (Subject<String>, MonitorRef)>;

fn serve(me: &mut Me) {
    process::register("lobby", me.pid()).expect("there is one lobby");
    let commands = Subject::<Command>::named("lobby");
    let events = Selector::new().select_map(&commands, Event::Command).select_monitors(Event::Gone);
    let mut members = Members::new();
    while let Some(event) = events.receive(None) {
        match event {
            Event::Command(Command::Join { who, to }) => {
                let Some(pid) = to.owner() else { continue };
                members.insert(who, (to, process::monitor(pid)));
                tell(&members, &format!("{who} has joined"));
            }
            Event::Command(Command::Leave { who }) => {
                if let Some((_, monitor)) = members.remove(who) {
                    process::demonitor_flush(monitor);
                    tell(&members, &format!("{who} has left"));
                }
            }
            Event::Command(Command::Say { who, line }) => tell(&members, &format!("{who}: {line}")),
            Event::Gone(down) => {
                let gone = members.iter().find(|(_, (_, monitor))| *monitor == down.monitor).map(|(who, _)| *who);
                if let Some(who) = gone {
                    members.remove(who);
                    tell(&members, &format!("{who} is gone: {}", down.reason));
                }
            }
        }
    }
}

fn tell(members: &Members, line: &str) {
    members.values().for_each(|(to, _)| to.send(line.to_owned()));
}

/// A client: says on `screen` what it hears, under its own name.
fn join(who: &'static str, screen: &Subject<String>) -> Pid {
    let screen = screen.map(move |line: String| format!("[{who}] {line}"));
    process::spawn(move |me| {
        let to = me.subject();
        Subject::named("lobby").send(Command::Join { who, to: to.clone() });
        while let Some(line) = to.receive(None) {
            screen.send(line);
        }
    })
}

fn main() {
    process::spawn(serve);
    let lobby = Subject::<Command>::named("lobby");
    while lobby.owner().is_none() {
        otp::sleep(Duration::from_millis(1));
    }
    let screen = process::current().subject();
    // Each step waits for what it shows, so that the next finds it done.
    let show = |lines: usize| {
        let mut lines: Vec<String> = (0..lines).filter_map(|_| screen.receive(None)).collect();
        lines.sort();
        lines.iter().for_each(|line| println!("{line}"));
    };
    join("ann", &screen);
    show(1);
    let bob = join("bob", &screen);
    show(2);
    lobby.send(Command::Say { who: "ann", line: "hello" });
    show(2);
    process::exit(bob, ExitReason::Kill);
    show(1);
    join("cem", &screen);
    show(2);
    lobby.send(Command::Leave { who: "ann" });
    show(1);
    lobby.send(Command::Say { who: "cem", line: "nobody else here" });
    show(1);
}
