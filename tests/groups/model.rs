//! Whatever is done to groups in whatever order, they are what a plain list of pairs says.

use std::collections::BTreeMap;

use otp::{
    group::{GroupChange, GroupError, Groups, Scope},
    prelude::*,
    process::Subject,
};

use crate::{idle, kill, sorted};

/// A few numbers, as a seed says.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

/// Takes the first that is equal out of a list; whether there was one.
fn take<T: PartialEq>(list: &mut Vec<T>, thing: &T) -> bool {
    let at = list.iter().position(|other| other == thing);
    at.map(|at| list.swap_remove(at)).is_some()
}

const GROUPS: usize = 4;
const STEPS: usize = 150;

#[otp::test(seeds = 200)]
fn scopes_are_lists_of_pairs(t: &mut Sim) {
    let mut numbers = Numbers(t.seed());
    let scope = Scope::<usize>::start()?;
    let (monitor, _) = scope.monitor_scope()?;
    let mut pids: Vec<Pid> = (0..6).map(|_| idle()).collect();
    let mut model: Vec<(usize, Pid)> = Vec::new();
    for _ in 0..STEPS {
        let (group, pid) = (numbers.below(GROUPS), pids[numbers.below(pids.len())]);
        match numbers.below(8) {
            0..4 => {
                let times = 1 + numbers.below(3);
                scope.join(group, vec![pid; times])?;
                model.extend(vec![(group, pid); times]);
            }
            4..7 => {
                let times = 1 + numbers.below(3);
                let left = (0..times).filter(|_| take(&mut model, &(group, pid))).count();
                let expected = if left > 0 { Ok(()) } else { Err(GroupError::NotJoined) };
                assert_eq!(scope.leave(&group, vec![pid; times]), expected);
            }
            _ => {
                kill(t, pid);
                model.retain(|(_, member)| *member != pid);
                pids.retain(|other| *other != pid);
                pids.push(idle());
            }
        }
        for group in 0..GROUPS {
            let members = model.iter().filter(|(of, _)| *of == group).map(|(_, pid)| *pid).collect();
            assert_eq!(sorted(scope.members(&group)), sorted(members));
        }
        let groups = model.iter().map(|(group, _)| (*group, ())).collect::<BTreeMap<_, _>>().into_keys().collect();
        assert_eq!(sorted(scope.which_groups()), sorted::<usize>(groups));
    }
    let mut told: Vec<(usize, Pid)> = Vec::new();
    while let Some(event) = monitor.receive(Duration::ZERO) {
        for pid in &event.pids {
            match event.change {
                GroupChange::Joined => told.push((*event.group(), *pid)),
                _ => assert!(take(&mut told, &(*event.group(), *pid)), "it leaves where it is"),
            }
        }
    }
    assert_eq!(sorted(told), sorted(model));
}

#[otp::test(seeds = 200)]
fn groups_are_sets_of_pairs(t: &mut Sim) {
    let mut numbers = Numbers(t.seed());
    let groups = Groups::<usize, u32>::start()?;
    let made = process::current().subject();
    let make = || {
        let made_by = made.clone();
        process::spawn(move |me| {
            (0..2).for_each(|_| made_by.send(me.subject::<u32>()));
            otp::timer::sleep_forever();
        });
        [(); 2].map(|()| made.receive(None).unwrap())
    };
    let mut subjects: Vec<Subject<u32>> = (0..3).flat_map(|_| make()).collect();
    let mut model: Vec<(usize, Subject<u32>)> = Vec::new();
    for _ in 0..STEPS {
        let (group, subject) = (numbers.below(GROUPS), subjects[numbers.below(subjects.len())].clone());
        match numbers.below(8) {
            0..4 => {
                groups.register(group, &subject)?;
                take(&mut model, &(group, subject.clone()));
                model.push((group, subject));
            }
            4..7 => {
                let was_in = take(&mut model, &(group, subject.clone()));
                let expected = if was_in { Ok(()) } else { Err(GroupError::NotJoined) };
                assert_eq!(groups.unregister(&group, &subject), expected);
            }
            _ => {
                let owner = subject.owner().unwrap();
                kill(t, owner);
                model.retain(|(_, member)| member.owner() != Some(owner));
                subjects.retain(|other| other.owner() != Some(owner));
                subjects.extend(make());
            }
        }
        for group in 0..GROUPS {
            let members = groups.members(&group);
            let of_group = model.iter().filter(|(of, _)| *of == group);
            assert_eq!((groups.len(&group), members.len()), (of_group.clone().count(), of_group.clone().count()));
            assert!(of_group.into_iter().all(|(_, subject)| members.contains(subject)));
        }
    }
}
