//! Stacks that can be set aside in the middle of a function.
//!
//! A [`Stack`] runs a closure until it calls [`leave`]; the one who resumed it gets the reason and goes on. Resuming it
//! again returns from `leave`. Two ways stand behind the one interface:
//!
//! * `switched`: stacks of our own on one thread, by `corosensei`; a switch costs nanoseconds.
//! * `handed`: a thread for each stack, one of them running at a time; for targets and tools that know no foreign
//!   stacks. The same behaviour, slower.
//!
//! A stack is resumed, and dropped, by the thread that made it: what runs on it need not be `Send`. Both types of stack
//! are neither `Send` nor `Sync` for that.
//!
//! This file knows nothing of tasks or queues.

#![allow(unsafe_code, reason = "a stack must find the way back to whoever resumed it")]

/// Why a stack gave control back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Yielded {
    /// Its task waits; keep the stack under this number.
    Parked(u32),
    /// It has nothing on it but the scheduling loop; the stack with this number can go on.
    GiveWay(u32),
    /// One turn is over (driven cores only).
    Stepped,
    /// Nothing is runnable (driven cores only).
    Quiet,
    /// The closure returned.
    Finished,
}

#[cfg(all(unix, feature = "stacks", not(loom), not(miri)))]
pub(super) use switched::guard;
#[cfg(all(feature = "stacks", not(loom), not(miri)))]
pub(super) use switched::{Stack, Stacks, leave};

#[cfg(not(all(feature = "stacks", not(loom), not(miri))))]
pub(super) use handed::{Stack, Stacks, leave};

#[cfg(all(feature = "stacks", not(loom), not(miri)))]
mod switched {
    #[cfg(unix)]
    use std::ops::Range;
    use std::{cell::Cell, io, ptr::NonNull, sync::Arc};

    use corosensei::{Coroutine, CoroutineResult, Yielder};

    #[cfg(unix)]
    use super::super::slab::StackMemory;
    #[cfg(unix)]
    pub(in crate::scheduler) use super::super::slab::Stacks;
    use super::Yielded;
    #[cfg(not(unix))]
    pub(in crate::scheduler) use system::{StackMemory, Stacks};

    /// Stacks that the library makes one by one.
    #[cfg(not(unix))]
    mod system {
        use std::{io, sync::Arc};

        pub(in crate::scheduler) use corosensei::stack::DefaultStack as StackMemory;

        pub(in crate::scheduler) struct Stacks(usize);

        impl Stacks {
            pub(in crate::scheduler) fn new(size: usize) -> Self {
                Self(size)
            }

            pub(in crate::scheduler) fn take(self: &Arc<Self>) -> io::Result<StackMemory> {
                StackMemory::new(self.0)
            }

            pub(in crate::scheduler) fn cool_all(&self) {}
        }
    }

    thread_local! {
        /// The stack that runs on this thread.
        static RUNNING: Cell<Option<NonNull<Parts>>> = const { Cell::new(None) };
    }

    /// A stack of our own: one word, since it is moved each time that it is set aside. It stays on its thread, since a
    /// `NonNull` is neither `Send` nor `Sync`.
    pub(in crate::scheduler) struct Stack(NonNull<Parts>);

    struct Parts {
        routine: Coroutine<(), Yielded, (), StackMemory>,
        /// The way back to whoever resumed it, once it has begun.
        back: Cell<Option<NonNull<Yielder<(), Yielded>>>>,
        #[cfg(unix)]
        guard: Range<usize>,
    }

    impl Stack {
        pub(in crate::scheduler) fn new(stacks: &Arc<Stacks>, run: impl FnOnce() + 'static) -> io::Result<Self> {
            let memory = stacks.take()?;
            let parts = Parts {
                #[cfg(unix)]
                guard: memory.guard(),
                back: Cell::new(None),
                routine: Coroutine::with_stack(memory, move |back, ()| {
                    let parts = RUNNING.get().expect("whoever resumes a stack says so");
                    // SAFETY: they are this stack's: `resume` has just said so on this thread, and nothing has run here
                    // since. They live while the stack runs, since whoever resumed it has it; of them only `routine` is
                    // borrowed meanwhile.
                    unsafe { &(*parts.as_ptr()).back }.set(Some(NonNull::from(back)));
                    run();
                }),
            };
            Ok(Self(NonNull::from(Box::leak(Box::new(parts)))))
        }

        /// Runs the closure, or goes on with it, until it leaves.
        pub(in crate::scheduler) fn resume(&mut self) -> Yielded {
            // Whoever resumes may be on a stack too: a simulation is driven from a stack that cannot be set aside.
            let before = RUNNING.replace(Some(self.0));
            // SAFETY: 1. the parts live, since `self` owns them; 2. `self` is borrowed mutably and no `Stack` but this
            // one has them, so nobody else resumes or drops the routine; 3. what runs on the stack meanwhile touches
            // only the other fields, by `RUNNING`; 4. the thread is the one that made the routine, which need not be
            // `Send`: a `Stack` is not.
            let result = unsafe { &mut (*self.0.as_ptr()).routine }.resume(());
            RUNNING.set(before);
            match result {
                CoroutineResult::Yield(left) => left,
                CoroutineResult::Return(()) => Yielded::Finished,
            }
        }
    }

    impl Drop for Stack {
        fn drop(&mut self) {
            // SAFETY: the pointer is the one that `new` leaked; `self` is the only `Stack` that has it, and `RUNNING`
            // names only what is being resumed, for which `resume` borrows its `Stack`.
            drop(unsafe { Box::from_raw(self.0.as_ptr()) });
        }
    }

    /// Gives control to whoever resumed the running stack; returns when it is resumed again.
    pub(in crate::scheduler) fn leave(left: Yielded) {
        let parts = RUNNING.get().expect("only code on a stack leaves it");
        // SAFETY: `RUNNING` names the stack that is being resumed on this thread, which whoever resumes it has
        // meanwhile; of its parts only `routine` is borrowed.
        let back = unsafe { &(*parts.as_ptr()).back }.get().expect("it has begun");
        // SAFETY: the yielder lives at the bottom of the running stack as long as the closure runs, which calls this.
        unsafe { back.as_ref() }.suspend(left);
    }

    /// The addresses of the guard of the stack that runs on this thread. A signal handler asks.
    #[cfg(unix)]
    pub(in crate::scheduler) fn guard() -> Option<Range<usize>> {
        // SAFETY: the running stack lives, as in `leave`; its guard is never written, so that a signal may come at any
        // moment.
        RUNNING.get().map(|parts| unsafe { &(*parts.as_ptr()).guard }.clone())
    }
}

#[cfg(not(all(feature = "stacks", not(loom), not(miri))))]
mod handed {
    use std::{
        cell::RefCell,
        io,
        marker::PhantomData,
        sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
        thread::{Builder, JoinHandle},
    };

    use super::Yielded;

    /// Whose turn it is, and what was said at the last hand-over.
    enum Turn {
        Resumer(Yielded),
        Stack,
    }

    struct Baton {
        turn: Mutex<Turn>,
        passed: Condvar,
    }

    impl Baton {
        fn turn(&self) -> MutexGuard<'_, Turn> {
            self.turn.lock().unwrap_or_else(PoisonError::into_inner)
        }

        fn pass(&self, turn: Turn) {
            *self.turn() = turn;
            self.passed.notify_all();
        }

        fn await_stack(&self) {
            let mut turn = self.turn();
            while !matches!(*turn, Turn::Stack) {
                turn = self.passed.wait(turn).unwrap_or_else(PoisonError::into_inner);
            }
        }

        fn await_left(&self) -> Yielded {
            let mut turn = self.turn();
            loop {
                if let Turn::Resumer(left) = *turn {
                    return left;
                }
                turn = self.passed.wait(turn).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    thread_local! {
        static BATON: RefCell<Option<Arc<Baton>>> = const { RefCell::new(None) };
    }

    /// How large the stacks of the threads are.
    pub(in crate::scheduler) struct Stacks(usize);

    impl Stacks {
        pub(in crate::scheduler) fn new(size: usize) -> Self {
            Self(size)
        }

        pub(in crate::scheduler) fn cool_all(&self) {}
    }

    /// A thread that runs only while whoever resumed it waits.
    pub(in crate::scheduler) struct Stack {
        baton: Arc<Baton>,
        thread: Option<JoinHandle<()>>,
        /// Neither `Send` nor `Sync`: only the thread that made it resumes it.
        here: PhantomData<*const ()>,
    }

    struct Handed<F>(F);
    // SAFETY: the closure, which need not be `Send`, runs and is dropped on a thread of its own. 1. That thread runs
    // only while the one that made it waits in `resume`: it begins by waiting for the baton, gives it back in `leave`
    // and at its end, and no other thread resumes it, since a `Stack` is not `Send`. 2. The mutex of the baton orders
    // the two. 3. What the closure leaves in thread-locals of its thread is dropped after it has given the baton back
    // for the last time: `resume` waits for the thread itself then. So what it shares with its maker is never used by
    // two threads at once.
    unsafe impl<F> Send for Handed<F> {}
    impl<F: FnOnce()> Handed<F> {
        fn run(self) {
            (self.0)();
        }
    }

    impl Stack {
        pub(in crate::scheduler) fn new(stacks: &Arc<Stacks>, run: impl FnOnce() + 'static) -> io::Result<Self> {
            let size = stacks.0;
            let baton = Arc::new(Baton { turn: Mutex::new(Turn::Resumer(Yielded::Finished)), passed: Condvar::new() });
            let (run, own) = (Handed(run), Arc::clone(&baton));
            let thread = Builder::new().name("otp-stack".into()).stack_size(size).spawn(move || {
                BATON.set(Some(Arc::clone(&own)));
                own.await_stack();
                run.run();
                own.pass(Turn::Resumer(Yielded::Finished));
            })?;
            Ok(Self { baton, thread: Some(thread), here: PhantomData })
        }

        /// Runs the closure, or goes on with it, until it leaves.
        pub(in crate::scheduler) fn resume(&mut self) -> Yielded {
            self.baton.pass(Turn::Stack);
            let left = self.baton.await_left();
            if left == Yielded::Finished
                && let Some(thread) = self.thread.take()
            {
                // With its thread-locals. A panic cannot come out of it: the scheduling loop catches those of its
                // tasks.
                let _ = thread.join();
            }
            left
        }
    }

    /// Gives control to whoever resumed the running stack; returns when it is resumed again.
    pub(in crate::scheduler) fn leave(left: Yielded) {
        let baton = BATON.with_borrow(|baton| baton.clone()).expect("only code on a stack leaves it");
        baton.pass(Turn::Resumer(left));
        baton.await_stack();
    }
}
