//! Children that know the supervisor whose children they are.

use std::sync::Arc;

use otp::{prelude::*, supervisor::ChildError};

/// Knows its crew, and the whole ship.
struct Sailor {
    crew: ShipCrew,
    ship: Ship,
}

#[actor]
impl Sailor {
    #[init]
    fn init(crew: ShipCrew, ship: Ship) -> Self {
        Self { crew, ship }
    }

    #[handle_call]
    fn mates(&self) -> Result<usize, ChildError> {
        Ok(self.crew.supervisor().count_children()?.active)
    }

    /// By one that starts later.
    #[handle_call]
    fn cook(&self, meal: String) -> Result<String, CallError> {
        self.ship.galley().cook(meal)
    }

    #[handle_cast]
    fn fall(&mut self) {
        panic!("overboard");
    }
}

struct Galley(String);

#[actor]
impl Galley {
    #[init]
    fn init(shown: String) -> Self {
        Self(shown)
    }

    #[handle_call]
    fn cook(&self, meal: String) -> String {
        format!("{meal} on {}", self.0)
    }
}

supervisor! {
    Ship<one_for_one>(kept: Arc<()>) {
        crew: supervisor<one_for_all> {
            sailor: [Sailor(supervisor, root) for _ in 0..3];
        };
        galley: Galley({ let _ = Arc::clone(kept); format!("a ship of {:?}", supervisor.crew().sailor().len()) });
    }
}

#[otp::test(seeds = 10)]
fn a_child_knows_its_supervisor_and_the_whole_tree(t: &mut Sim) {
    let kept = Arc::new(());
    let ship = Ship::start(Arc::clone(&kept)).unwrap();
    let sailor = ship.crew().sailor().swap_remove(1);
    assert_eq!(sailor.mates(), Ok(Ok(3)));
    assert_eq!(sailor.cook("fish".into()), Ok(Ok("fish on a ship of 3".into())));

    // What it knows holds across restarts, of itself and of its supervisor.
    for _ in 0..4 {
        sailor.fall();
        t.settle();
    }
    assert_eq!(t.crashes().len(), 4);
    assert_eq!(t.restarts(&ship, "crew"), 1);
    assert_eq!(sailor.mates(), Ok(Ok(3)));

    // Nobody keeps another alive by that.
    ship.supervisor().stop().unwrap();
    assert_eq!(ship.galley().cook("fish".into()), Err(CallError::NoProc));
    t.settle();
    drop((ship, sailor));
    assert_eq!(Arc::strong_count(&kept), 1);
}

/// Asks in its `init`.
struct Hasty;

#[actor]
impl Hasty {
    #[init]
    fn init(asked: SupervisorRef) -> Result<Self, ChildError> {
        asked.count_children()?;
        Ok(Self)
    }
}

supervisor! {
    Hurry<one_for_one>() {
        hasty: Hasty(supervisor.supervisor().clone());
    }
}

supervisor! {
    DeepHurry<one_for_one>() {
        inner: supervisor<one_for_one> {
            hasty: Hasty(root.supervisor().clone());
        };
    }
}

/// Of whom the reason says that they wait for one another.
fn deadlock(error: &StartError) -> Vec<Pid> {
    let reason = error.exit_reason().unwrap_or_else(|| panic!("{error}"));
    assert_eq!(reason.failed_call().unwrap().message, "count_children");
    match reason.error_ref() {
        Some(ChildError::Gone(CallError::Deadlock(path))) => path.clone(),
        _ => panic!("{reason}"),
    }
}

#[otp::test(seeds = 10)]
fn a_child_that_asks_its_supervisor_in_init_is_told_that_they_wait_for_each_other(t: &mut Sim) {
    assert_eq!(deadlock(&Hurry::start().unwrap_err()).len(), 2);
    assert_eq!(deadlock(&DeepHurry::start().unwrap_err()).len(), 3);
    let by_hand =
        |shop: &SupervisorRef| Supervisor::new(Strategy::OneForOne).child("hasty", Hasty::child_spec(shop.clone()));
    assert_eq!(deadlock(&Supervisor::start_with(by_hand).unwrap_err()).len(), 2);
    let nested = Supervisor::new(Strategy::OneForOne).child("shop", Supervisor::spec_with(by_hand));
    assert_eq!(deadlock(&nested.start().unwrap_err()).len(), 2);
    t.crashes();
}

/// Keeps what it was given.
struct Keeper(String);

#[actor]
impl Keeper {
    #[init]
    fn init(kept: String) -> Self {
        Self(kept)
    }

    #[handle_call]
    fn kept(&self) -> String {
        self.0.clone()
    }
}

fn root() -> String {
    "a function".into()
}

mod supervisor {
    pub(super) fn name() -> String {
        "a module".into()
    }
}

supervisor! {
    Parameters<one_for_one>(supervisor: String, root: String) {
        keeper: Keeper(format!("{supervisor} and {root}"));
    }
}

supervisor! {
    Functions<one_for_one>() {
        keeper: Keeper(root());
        module: Keeper(supervisor::name());
        looped: [Keeper(format!("{supervisor} {}", root)) for (supervisor, root) in [(1, 2)]];
    }
}

supervisor! {
    Siblings<one_for_one>() {
        root: Keeper("a sibling".into());
        keeper: Keeper(root.kept().unwrap_or_default());
        nested: supervisor<one_for_one> {
            keeper: Keeper(root.kept().unwrap_or_default());
        };
    }
}

#[otp::test]
fn what_the_user_names_so_comes_first(_t: &mut Sim) {
    let parameters = Parameters::start("one".into(), "other".into()).unwrap();
    assert_eq!(parameters.keeper().kept(), Ok("one and other".into()));
    let functions = Functions::start().unwrap();
    assert_eq!(functions.keeper().kept(), Ok("a function".into()));
    assert_eq!(functions.module().kept(), Ok("a module".into()));
    assert_eq!(functions.looped()[0].kept(), Ok("1 2".into()));
    let siblings = Siblings::start().unwrap();
    assert_eq!(siblings.keeper().kept(), Ok("a sibling".into()));
    assert_eq!(siblings.nested().keeper().kept(), Ok("a sibling".into()));
}

supervisor! {
    Kinds<one_for_one>() {
        keeper:  Keeper("own".into()) { name: format!("{supervisor:?}") };
        keepers: partition<Keeper>(format!("{}", supervisor.keeper().kept().is_ok())) { partitions: 1 };
        crowd:   dynamic<Keeper>(format!("{name} of {:?}", supervisor.keeper().kept())) for name: &'static str;
        same:    dynamic<Keeper>(supervisor.to_owned()) for supervisor: String;
        made:    = Keeper::child_spec(format!("{:?}", supervisor.supervisor().pid().is_some()));
    }
}

#[otp::test]
fn every_expression_of_a_tree_knows_it(_t: &mut Sim) {
    let kinds = Kinds::start().unwrap();
    assert_eq!(process::registered(), ["Kinds(SupervisorRef(Place(empty)))"]);
    assert_eq!(kinds.keepers().route(&0).kept(), Ok("true".into()));
    assert_eq!(kinds.crowd().start_child("one").unwrap().kept(), Ok("one of Ok(\"own\")".into()));
    assert_eq!(kinds.same().start_child("mine".into()).unwrap().kept(), Ok("mine".into()));
}

/// Knows where it works.
struct Clerk(SupervisorRef);

#[actor]
impl Clerk {
    #[init]
    fn init(shop: SupervisorRef) -> Self {
        Self(shop)
    }

    #[handle_call]
    fn shop(&self) -> Option<Pid> {
        self.0.pid()
    }
}

#[otp::test(seeds = 5)]
fn a_supervisor_by_hand_is_known_before_it_starts(t: &mut Sim) {
    let build =
        |shop: &SupervisorRef| Supervisor::new(Strategy::OneForOne).child("clerk", Clerk::child_spec(shop.clone()));
    let (tree, pid) = (Supervisor::start_link_with(build).unwrap(), otp::self_pid());
    assert_eq!(tree.child::<Clerk>("clerk").shop(), Ok(tree.pid()));
    assert_eq!(process::info(pid).unwrap().links, [tree.pid().unwrap()]);

    let mall = Supervisor::new(Strategy::OneForOne).child("shop", Supervisor::spec_with(build)).start().unwrap();
    let shop = mall.child::<Supervisor>("shop");
    let before = shop.pid();
    t.kill(&before.unwrap());
    t.settle();
    assert_ne!(shop.pid(), before);
    assert_eq!(shop.child::<Clerk>("clerk").shop(), Ok(shop.pid()));
}
