//! Memory for stacks of our own.
//!
//! Stacks come from *slabs*, which are mapped in one piece: the system limits how many mappings a program has. Below
//! each stack is a guard page, so that an overflow ends there. Where the kernel can, the guard is a mark in the page
//! table (`MADV_GUARD_INSTALL`, Linux 6.13) and costs no mapping; elsewhere it is a protected page, which costs two,
//! and stacks end well before the mappings do.
//!
//! A stack that is given back keeps its memory as long as few do: it is *warm*. The memory of the others goes back to
//! the system, and a slab with no stack in use is unmapped, when there is room enough in the others.

#![allow(unsafe_code, reason = "memory is mapped and handed out here")]

use std::{
    collections::{BTreeMap, BTreeSet},
    io, mem,
    num::NonZeroUsize,
    ops::Range,
    ptr,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use corosensei::stack::{Stack, StackPointer};

/// The first slab has so many stacks, each further one twice as many, up to [`LARGEST`].
const SMALLEST: usize = 16;
const LARGEST: usize = 1024;
/// So many stacks keep their memory when they are given back.
const WARM: usize = 64;
/// Of the system's limit on mappings, protected guards take at most this part.
const SHARE_OF_MAPPINGS: usize = 2;
/// Mappings that a protected guard costs.
const MAPPINGS_PER_GUARD: usize = 2;

/// The guards of the program that cost mappings.
static PROTECTED: AtomicUsize = AtomicUsize::new(0);

/// The stacks of one scheduler, all of one size.
pub(super) struct Stacks {
    page: usize,
    /// With the guard.
    size: usize,
    state: Mutex<StackPool>,
}

#[derive(Default)]
struct StackPool {
    /// By their lowest addresses.
    slabs: BTreeMap<usize, Slab>,
    /// Those with stacks that are free.
    open: BTreeSet<usize>,
    /// How many free stacks are warm.
    warm: usize,
    /// How many are free.
    free: usize,
}

/// One mapping.
struct Slab {
    stacks: usize,
    /// How many were ever handed out: they have guards.
    guarded: usize,
    /// Free ones that have memory, by number.
    warm: Vec<u32>,
    /// Free ones without.
    cold: Vec<u32>,
}

impl Slab {
    fn free(&self) -> usize {
        self.stacks - self.guarded + self.warm.len() + self.cold.len()
    }
}

/// The memory of one stack.
pub(super) struct StackMemory {
    stacks: Arc<Stacks>,
    slab: usize,
    number: u32,
    low: usize,
}

impl Stacks {
    pub(super) fn new(size: usize) -> Self {
        // SAFETY: it asks a number of the system, and is given no pointer.
        let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096);
        Self { page, size: size.max(1).next_multiple_of(page) + page, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, StackPool> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A stack.
    ///
    /// # Errors
    /// When the system has no memory for it, or too few mappings for its guard.
    pub(super) fn take(self: &Arc<Self>) -> io::Result<StackMemory> {
        let mut state = self.state();
        let at = match state.open.first() {
            Some(at) => *at,
            None => self.map(&mut state)?,
        };
        let state = &mut *state;
        let slab = state.slabs.get_mut(&at).expect("it is among those that are open");
        let number = if let Some(number) = slab.warm.pop() {
            state.warm -= 1;
            number
        } else if let Some(number) = slab.cold.pop() {
            number
        } else {
            let number = slab.guarded;
            self.guard(at + number * self.size)?;
            slab.guarded += 1;
            number as u32
        };
        state.free -= 1;
        if slab.free() == 0 {
            state.open.remove(&at);
        }
        Ok(StackMemory { stacks: Arc::clone(self), slab: at, number, low: at + number as usize * self.size })
    }

    /// Maps a slab; its address.
    fn map(&self, state: &mut StackPool) -> io::Result<usize> {
        let stacks = (SMALLEST << state.slabs.len().min(16)).min(LARGEST);
        let len = stacks.checked_mul(self.size).ok_or(io::ErrorKind::OutOfMemory)?;
        let (prot, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | NO_RESERVE);
        // SAFETY: a new mapping, of whose place the system decides: so it takes no memory that anybody has.
        let at = unsafe { libc::mmap(ptr::null_mut(), len, prot, flags, -1, 0) };
        if at == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        // A huge page would give each stack its whole memory at the first touch.
        #[cfg(target_os = "linux")]
        // SAFETY: an advice for the mapping that was just made, which changes nothing that can be read or written
        // there. Where the kernel knows no huge pages it fails, rightly.
        unsafe {
            libc::madvise(at, len, libc::MADV_NOHUGEPAGE)
        };
        let at = at.expose_provenance();
        state.slabs.insert(at, Slab { stacks, guarded: 0, warm: Vec::new(), cold: Vec::new() });
        state.open.insert(at);
        state.free += stacks;
        Ok(at)
    }

    /// Makes the page at `low`, which nobody has used, a guard.
    fn guard(&self, low: usize) -> io::Result<()> {
        let page = ptr::with_exposed_provenance_mut(low);
        #[cfg(target_os = "linux")]
        {
            /// Linux 6.13; `libc` has no name for it.
            const MADV_GUARD_INSTALL: libc::c_int = 102;
            // SAFETY: the page is the lowest of a stack of a slab of ours, which is mapped while `state` has it and is
            // locked; that stack was never handed out, so nobody has anything there.
            if unsafe { libc::madvise(page, self.page, MADV_GUARD_INSTALL) } == 0 {
                return Ok(());
            }
        }
        if PROTECTED.fetch_add(1, Relaxed) >= most_protected() {
            PROTECTED.fetch_sub(1, Relaxed);
            return Err(io::Error::other("stacks would take too many of the system's mappings"));
        }
        // SAFETY: as above.
        if unsafe { libc::mprotect(page, self.page, libc::PROT_NONE) } != 0 {
            PROTECTED.fetch_sub(1, Relaxed);
            return Err(io::Error::last_os_error());
        }
        Ok(())
    }

    /// Takes a stack back.
    fn give_back(&self, at: usize, number: u32) {
        let mut state = self.state();
        let is_warm = state.warm < WARM;
        if !is_warm {
            self.cool(at + number as usize * self.size);
        }
        state.warm += usize::from(is_warm);
        state.free += 1;
        let slab = state.slabs.get_mut(&at).expect("a slab is there while a stack of it is used");
        if is_warm { &mut slab.warm } else { &mut slab.cold }.push(number);
        let (stacks, is_empty) = (slab.stacks, slab.free() == slab.stacks);
        state.open.insert(at);
        // What is left has room for as many again.
        if is_empty && state.free >= 2 * stacks {
            self.unmap(&mut state, at);
        }
    }

    /// Gives the memory of all free stacks back to the system.
    pub(super) fn cool_all(&self) {
        let mut state = self.state();
        let StackPool { slabs, warm, .. } = &mut *state;
        for (at, slab) in slabs.iter_mut() {
            for number in slab.warm.drain(..) {
                self.cool(at + number as usize * self.size);
                slab.cold.push(number);
            }
        }
        *warm = 0;
    }

    /// Gives the memory of a free stack back to the system.
    fn cool(&self, low: usize) {
        let usable = ptr::with_exposed_provenance_mut(low + self.page);
        // SAFETY: the pages are those of a stack of ours, above its guard, in a slab that is mapped while the state is
        // locked. Its `StackMemory` is gone, and it has not been handed out again: nobody uses them, or relies on what
        // is there.
        unsafe { libc::madvise(usable, self.size - self.page, libc::MADV_DONTNEED) };
    }

    fn unmap(&self, state: &mut StackPool, at: usize) {
        state.open.remove(&at);
        if let Some(slab) = state.slabs.remove(&at) {
            state.warm -= slab.warm.len();
            state.free -= slab.stacks;
            // SAFETY: it is a mapping of ours, as a whole, which nobody else takes away: it was in `slabs`. No stack of
            // it is used: all are free, or `Stacks` is dropped, to which each stack in use has a reference.
            unsafe { libc::munmap(ptr::with_exposed_provenance_mut(at), slab.stacks * self.size) };
            let _ = PROTECTED.fetch_update(Relaxed, Relaxed, |guards| Some(guards.saturating_sub(slab.guarded)));
        }
    }
}

impl Drop for Stacks {
    fn drop(&mut self) {
        let mut state = mem::take(&mut *self.state());
        // Each stack in use has a reference to this, so there is none.
        while let Some(at) = state.slabs.keys().next().copied() {
            self.unmap(&mut state, at);
        }
    }
}

/// Address space that is not used needs no memory held ready.
#[cfg(target_os = "linux")]
const NO_RESERVE: libc::c_int = libc::MAP_NORESERVE;
#[cfg(not(target_os = "linux"))]
const NO_RESERVE: libc::c_int = 0;

/// How many guards may cost mappings.
fn most_protected() -> usize {
    static MOST: OnceLock<usize> = OnceLock::new();
    *MOST.get_or_init(|| {
        let limit = std::fs::read_to_string("/proc/sys/vm/max_map_count").ok();
        let limit = limit.and_then(|limit| limit.trim().parse::<usize>().ok());
        limit.map_or(usize::MAX, |limit| limit / SHARE_OF_MAPPINGS / MAPPINGS_PER_GUARD)
    })
}

impl StackMemory {
    /// The addresses of its guard.
    pub(super) fn guard(&self) -> Range<usize> {
        self.low..self.low + self.stacks.page
    }
}

// SAFETY: 1. below the stack, within its limit, is a guard page (`guard`); 2. it has a page at least above that, which
// can be read and written, since `Stacks::new` rounds up to one and adds the guard; 3. base and limit are multiples of
// the page;
// 4. the memory is nobody else's, and mapped, until this is dropped: `take` hands a number out once, until it is given
//    back.
unsafe impl Stack for StackMemory {
    #[inline]
    fn base(&self) -> StackPointer {
        NonZeroUsize::new(self.low + self.stacks.size).expect("nothing is mapped at zero")
    }

    #[inline]
    fn limit(&self) -> StackPointer {
        NonZeroUsize::new(self.low).expect("nothing is mapped at zero")
    }
}

impl Drop for StackMemory {
    fn drop(&mut self) {
        self.stacks.give_back(self.slab, self.number);
    }
}
