//! Random scripts, run on [`Timers`] and on a sorted map: every answer must be the same.
//!
//! Targets add, cancel and re-arm entries while they run, clocks are behind now and then, and deadlines lie near and
//! far, in the past, and at the boundaries of the wheel's levels. `PROPTEST_CASES=60000` makes it thorough.

use std::{
    collections::BTreeMap,
    mem,
    sync::{Arc, Mutex, Weak},
};

use proptest::prelude::*;

use super::*;

fn at(nanos: u64) -> Moment {
    Moment::from_nanos(nanos)
}

/// What a target of the random script does when it runs.
#[derive(Clone, Debug)]
enum Does {
    Nothing,
    /// Re-arms itself so many times, each this long after its last deadline.
    Repeats {
        left: u32,
        after: u64,
    },
    /// Adds an entry that does nothing, so long after the present moment, or before it.
    Adds(Distance),
    /// Cancels the entry of this number, counted around.
    Cancels(usize),
}

#[derive(Clone, Debug)]
enum Distance {
    Before(u64),
    After(u64),
}

impl Distance {
    fn from(&self, now: u64) -> u64 {
        match self {
            Self::Before(nanos) => now.saturating_sub(*nanos),
            Self::After(nanos) => now.saturating_add(*nanos),
        }
    }
}

#[derive(Clone, Debug)]
enum Do {
    Insert(Distance, Does),
    Cancel(usize),
    Advance(u64),
    AdvanceToEarliest,
    /// Expires with a clock that is behind.
    Lag(u64),
    Clear,
}

/// Small, close to a power of two, or of any size.
fn nanos() -> impl Strategy<Value = u64> {
    prop_oneof![
        3 => 0..5_u64,
        3 => 0..5000_u64,
        2 => (0..64_u32, 0..3_u64).prop_map(|(power, off)| (1_u64 << power).wrapping_add(off).wrapping_sub(1)),
        2 => (any::<u64>(), 0..64_u32).prop_map(|(bits, shift)| bits >> shift),
    ]
}

fn distance() -> impl Strategy<Value = Distance> {
    prop_oneof![8 => nanos().prop_map(Distance::After), 1 => nanos().prop_map(Distance::Before)]
}

fn does() -> impl Strategy<Value = Does> {
    prop_oneof![
        4 => Just(Does::Nothing),
        1 => (0..6_u32, nanos()).prop_map(|(left, after)| Does::Repeats { left, after }),
        1 => distance().prop_map(Does::Adds),
        1 => any::<usize>().prop_map(Does::Cancels),
    ]
}

fn script() -> impl Strategy<Value = Vec<Do>> {
    let one = prop_oneof![
        40 => (distance(), does()).prop_map(|(distance, does)| Do::Insert(distance, does)),
        10 => any::<usize>().prop_map(Do::Cancel),
        // Far leaps are rare, since nothing happens at the end of time.
        10 => nanos().prop_map(|nanos| Do::Advance(nanos % (1 << 36))),
        1 => nanos().prop_map(Do::Advance),
        8 => Just(Do::AdvanceToEarliest),
        3 => nanos().prop_map(Do::Lag),
        1 => Just(Do::Clear),
    ];
    prop::collection::vec(one, 1..200)
}

/// The timers under test, with the targets of the script. Entries are numbered as they are added.
struct Subject {
    timers: Timers,
    keys: Mutex<Vec<TimerKey>>,
    ran: Mutex<Vec<usize>>,
}

struct Actor {
    subject: Weak<Subject>,
    number: usize,
    state: Mutex<(u64, Does)>,
}

impl Subject {
    fn insert(self: &Arc<Self>, deadline: u64, does: Does) {
        let mut keys = self.keys.lock().unwrap();
        let state = Mutex::new((deadline, does));
        let actor = Actor { subject: Arc::downgrade(self), number: keys.len(), state };
        let before = self.timers.next();
        let (key, earlier) = self.timers.insert(at(deadline), Arc::new(actor));
        assert_eq!(earlier, at(deadline) < before);
        keys.push(key);
    }

    fn cancel(&self, which: usize) -> Option<u64> {
        let key = {
            let keys = self.keys.lock().unwrap();
            *keys.get(which.checked_rem(keys.len())?)?
        };
        let deadline = self.timers.deadline(key);
        let cancelled = self.timers.cancel(key).map(|(at, _)| at);
        assert_eq!(deadline, cancelled);
        assert_eq!(self.timers.deadline(key), None);
        cancelled.map(Moment::as_nanos)
    }
}

impl Expire for Actor {
    fn expire(self: Arc<Self>, now: Moment) -> Option<Moment> {
        let subject = self.subject.upgrade().unwrap();
        subject.ran.lock().unwrap().push(self.number);
        let mut state = self.state.lock().unwrap();
        let (deadline, does) = &mut *state;
        assert!(now >= at(*deadline), "early");
        match does {
            Does::Nothing => None,
            Does::Repeats { left: 0, .. } => None,
            Does::Repeats { left, after } => {
                *left -= 1;
                let later = deadline.saturating_add(*after);
                *deadline = later.max(deadline.saturating_add(1));
                Some(at(later))
            }
            Does::Adds(distance) => {
                subject.insert(distance.from(now.as_nanos()), Does::Nothing);
                None
            }
            Does::Cancels(which) => {
                subject.cancel(*which);
                None
            }
        }
    }
}

/// The same, as simple as it can be.
#[derive(Default)]
struct Model {
    /// By deadline and age.
    waiting: BTreeMap<(u64, usize), (usize, Does)>,
    /// Where each entry is in `waiting`.
    entries: Vec<Option<(u64, usize)>>,
    age: usize,
}

impl Model {
    fn arm(&mut self, number: usize, deadline: u64, does: Does) {
        self.age += 1;
        self.waiting.insert((deadline, self.age), (number, does));
        self.entries[number] = Some((deadline, self.age));
    }

    fn insert(&mut self, deadline: u64, does: Does) {
        self.entries.push(None);
        self.arm(self.entries.len() - 1, deadline, does);
    }

    fn cancel(&mut self, which: usize) -> Option<u64> {
        let number = which.checked_rem(self.entries.len())?;
        let place = self.entries[number].take()?;
        self.waiting.remove(&place);
        Some(place.0)
    }

    fn earliest(&self) -> Option<u64> {
        let (&(deadline, _), _) = self.waiting.first_key_value()?;
        (deadline != u64::MAX).then_some(deadline)
    }

    fn expire(&mut self, now: u64) -> Vec<usize> {
        let mut ran = Vec::new();
        while self.earliest().is_some_and(|deadline| deadline <= now) {
            let ((deadline, _), (number, does)) = self.waiting.pop_first().unwrap();
            self.entries[number] = None;
            ran.push(number);
            match does {
                Does::Nothing | Does::Repeats { left: 0, .. } => {}
                Does::Repeats { left, after } => {
                    let later = deadline.saturating_add(after.max(1));
                    self.arm(number, later, Does::Repeats { left: left - 1, after });
                }
                Does::Adds(distance) => self.insert(distance.from(now), Does::Nothing),
                Does::Cancels(which) => drop(self.cancel(which)),
            }
        }
        ran
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn timers_do_what_a_sorted_map_does(script in script()) {
        let subject = Arc::new(Subject {
            timers: Timers::new(),
            keys: Mutex::default(),
            ran: Mutex::default(),
        });
        let timers = &subject.timers;
        let mut model = Model::default();
        let mut now = 0_u64;
        for step in script {
            let until = match step {
                Do::Insert(distance, does) => {
                    subject.insert(distance.from(now), does.clone());
                    model.insert(distance.from(now), does);
                    None
                }
                Do::Cancel(which) => {
                    prop_assert_eq!(subject.cancel(which), model.cancel(which));
                    None
                }
                Do::Clear => {
                    timers.clear();
                    model.waiting.clear();
                    model.entries.fill(None);
                    None
                }
                Do::Advance(nanos) => Some(now.saturating_add(nanos)),
                Do::AdvanceToEarliest => timers.earliest().map(|earliest| earliest.as_nanos().max(now)),
                Do::Lag(nanos) => Some(now.saturating_sub(nanos)),
            };
            if let Some(until) = until {
                now = now.max(until);
                let fired = timers.expire(at(until));
                let ran = mem::take(&mut *subject.ran.lock().unwrap());
                prop_assert_eq!(fired, ran.len());
                prop_assert_eq!(ran, model.expire(until));
                prop_assert!(timers.next() > at(until) || until == u64::MAX);
            }
            prop_assert_eq!(timers.earliest(), model.earliest().map(at));
            prop_assert!(timers.next() <= timers.earliest().unwrap_or(Moment::FAR));
            prop_assert_eq!(timers.len(), model.waiting.len());
        }
    }
}
