//! An egg timer: set for several eggs at once, it rings for each, says what is left, and forgets an egg when told to.

use std::collections::BTreeMap;

use otp::{prelude::*, process::Subject};

/// The eggs that cook, by name, and where it rings.
#[derive(Debug)]
pub struct EggTimer {
    eggs: BTreeMap<String, TimerRef>,
    bell: Subject<String>,
}

#[actor]
impl EggTimer {
    #[init]
    fn init(bell: Subject<String>) -> Self {
        Self { eggs: BTreeMap::new(), bell }
    }

    /// Puts an egg in; one of the same name begins anew.
    #[handle_cast]
    pub fn set(&mut self, egg: String, after: Duration, ctx: &mut Context<Self>) {
        let timer = ctx.after(after).done(egg.clone());
        if let Some(before) = self.eggs.insert(egg, timer) {
            before.cancel();
        }
    }

    /// How long an egg will take, if it is in.
    #[handle_call]
    pub fn left(&self, egg: String) -> Option<Duration> {
        self.eggs.get(&egg)?.left()
    }

    /// Takes an egg out; false when there is none of that name.
    #[handle_call]
    pub fn cancel(&mut self, egg: String) -> bool {
        self.eggs.remove(&egg).is_some_and(|timer| timer.cancel().is_some())
    }

    #[handle_info]
    fn done(&mut self, egg: String) {
        self.eggs.remove(&egg);
        self.bell.send(egg);
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let bell = process::current().subject();
    let timer = EggTimer::start(bell.clone())?;
    for (egg, millis) in [("hard", 80), ("soft", 40), ("forgotten", 60), ("ostrich", 5_400_000)] {
        timer.set(egg.into(), Duration::from_millis(millis));
    }
    println!("the forgotten egg is taken out: {}", timer.cancel("forgotten".into())?);
    println!("again: {}", timer.cancel("forgotten".into())?);
    for _ in 0..2 {
        let egg = bell.receive(None).ok_or("the bell is broken")?;
        println!("ring! the {egg} egg is done, and {:?} of it left", timer.left(egg.clone())?);
    }
    let left = timer.left("ostrich".into())?.ok_or("the ostrich egg is in")?;
    println!("the ostrich egg takes {} minutes more", left.as_secs().div_ceil(60));
    let timers = process::Node::current().timers();
    timer.stop()?;
    println!("timers that ended with it: {}", timers - process::Node::current().timers());
    Ok(())
}
