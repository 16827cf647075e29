//! Whatever processes do in whatever order: a registry says what a list of entries would say.

use otp::{
    name::RegisterError,
    prelude::*,
    registry::{KeyKind, RegistryRef},
};

use crate::{Puppet, duplicate, sorted, unique};

const KEYS: u32 = 4;

/// What ought to be there: owner, key, value, in order.
#[derive(Default)]
struct Model(Vec<(Pid, u32, u32)>);

impl Model {
    fn of_key(&self, key: u32) -> Vec<(Pid, u32)> {
        self.0.iter().filter(|entry| entry.1 == key).map(|(pid, _, value)| (*pid, *value)).collect()
    }

    fn keys(&self, pid: Pid) -> Vec<u32> {
        self.0.iter().filter(|entry| entry.0 == pid).map(|entry| entry.1).collect()
    }
}

struct Rng(u64);

impl Rng {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (self.0 >> 33) as u32 % bound
    }
}

fn check<D: KeyKind>(registry: &RegistryRef<u32, u32, D>, model: &Model, puppets: &[Puppet]) {
    // The dead may still be there.
    let alive = |pid: &Pid| puppets.iter().any(|puppet| puppet.pid == *pid);
    for key in 0..KEYS {
        let found = registry.matching(&key, |_| true);
        let found: Vec<_> = found.into_iter().filter(|(pid, _)| alive(pid)).collect();
        assert_eq!(found, model.of_key(key));
    }
    for puppet in puppets {
        assert_eq!(registry.keys(puppet.pid), model.keys(puppet.pid));
    }
    let all = registry.select(|key, pid, value| alive(&pid).then_some((pid, *key, *value)));
    assert_eq!(sorted(all), sorted(model.0.clone()));
}

fn step<D: KeyKind>(
    rng: &mut Rng,
    registry: &RegistryRef<u32, u32, D>,
    model: &mut Model,
    puppets: &mut Vec<Puppet>,
    is_unique: bool,
) {
    let number = rng.below(puppets.len() as u32) as usize;
    let (pid, key, value, of) = (puppets[number].pid, rng.below(KEYS), rng.below(8), registry.clone());
    match rng.below(8) {
        0..4 => {
            let holder = model.of_key(key).first().map(|(holder, _)| *holder).filter(|_| is_unique);
            let expected = holder.map_or(Ok(()), |holder| Err(RegisterError::Taken(holder)));
            assert_eq!(puppets[number].does(move || of.register(key, value)), expected);
            if expected.is_ok() {
                model.0.push((pid, key, value));
            }
        }
        4 => {
            puppets[number].does(move || of.unregister(&key));
            model.0.retain(|entry| (entry.0, entry.1) != (pid, key));
        }
        5..7 => {
            puppets[number].does(move || of.unregister_matching(&key, |other| *other < value));
            model.0.retain(|entry| (entry.0, entry.1) != (pid, key) || entry.2 >= value);
        }
        _ => {
            puppets.remove(number).ends();
            model.0.retain(|entry| entry.0 != pid);
            puppets.push(Puppet::new());
        }
    }
}

fn run<D: KeyKind>(t: &Sim, registry: &RegistryRef<u32, u32, D>, is_unique: bool) {
    let (mut rng, mut model) = (Rng(t.seed()), Model::default());
    let mut puppets: Vec<_> = (0..3).map(|_| Puppet::new()).collect();
    for _ in 0..100 {
        step(&mut rng, registry, &mut model, &mut puppets, is_unique);
        check(registry, &model, &puppets);
    }
    t.settle();
    assert_eq!(registry.count(), model.0.len());
    puppets.iter().for_each(Puppet::ends);
    t.settle();
    assert_eq!(registry.count(), 0);
}

#[otp::test(seeds = 100)]
fn unique_keys(t: &mut Sim) {
    run(t, &unique(2), true);
}

#[otp::test(seeds = 100)]
fn duplicate_keys(t: &mut Sim) {
    run(t, &duplicate(2), false);
}
