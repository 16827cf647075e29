//! Threads beside the cores, for code that blocks: started when a job finds none free, ended when idle for a while.
//!
//! It knows nothing of processes. A job is begun when a thread takes it out of the queue; until then whoever has its
//! ticket can take it back. The lock is held for a few instructions, never while a job runs or is dropped.

use std::{
    collections::BTreeMap,
    mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use crate::guard::contain;

/// How many threads a pool has at most, unless it is told otherwise.
pub(crate) const MAX_THREADS: usize = 512;
/// A thread that has had no job for so long ends.
const KEEP: Duration = Duration::from_secs(10);

pub(crate) type Job = Box<dyn FnOnce() + Send>;

/// A job's number in the order in which jobs came.
pub(crate) type JobId = u64;

pub(crate) struct Pool {
    max: usize,
    keep: Duration,
    state: Mutex<PoolState>,
    /// There is a job, or the pool is closed.
    changed: Condvar,
}

#[derive(Default)]
struct PoolState {
    /// Jobs that no thread has begun.
    queue: BTreeMap<JobId, Job>,
    next: JobId,
    threads: usize,
    /// How many of these have no job, or have just been started for one.
    free: usize,
    /// No thread waits for jobs any more.
    closed: bool,
}

impl Pool {
    pub(crate) fn new(max: usize) -> Self {
        Self { max, keep: KEEP, state: Mutex::default(), changed: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, PoolState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of threads that there are now.
    pub(crate) fn threads(&self) -> usize {
        self.state().threads
    }

    /// The number of jobs that no thread has taken.
    pub(crate) fn queue_len(&self) -> usize {
        self.state().queue.len()
    }

    /// Puts a job into the queue, and sees to it that a thread takes it as soon as there may be one. When the system
    /// refuses the only thread, the jobs that wait for it are dropped.
    pub(crate) fn push(self: &Arc<Self>, job: Job) -> JobId {
        let mut state = self.state();
        let ticket = state.next;
        state.next += 1;
        state.queue.insert(ticket, job);
        if state.queue.len() <= state.free {
            self.changed.notify_one();
        } else if state.threads < self.max {
            state.threads += 1;
            state.free += 1;
            drop(state);
            self.start_thread();
        }
        ticket
    }

    fn start_thread(self: &Arc<Self>) {
        let pool = Arc::clone(self);
        if thread::Builder::new().name("otp-blocking".into()).spawn(move || pool.serve()).is_ok() {
            return;
        }
        let mut state = self.state();
        state.threads -= 1;
        state.free -= 1;
        let stranded = if state.threads == 0 { mem::take(&mut state.queue) } else { BTreeMap::new() };
        drop(state);
        for (_, job) in stranded {
            contain(|| drop(job));
        }
    }

    /// Takes back a job that no thread has begun.
    pub(crate) fn withdraw(&self, ticket: JobId) -> Option<Job> {
        self.state().queue.remove(&ticket)
    }

    /// Ends the threads that have no job, and the others when they find none. What is queued is still done.
    pub(crate) fn close(&self) {
        self.state().closed = true;
        self.changed.notify_all();
    }

    fn serve(&self) {
        while let Some(job) = self.next() {
            contain(job);
            self.state().free += 1;
        }
    }

    /// The oldest job; none when the thread is to end.
    fn next(&self) -> Option<Job> {
        let idle = |state: &mut PoolState| state.queue.is_empty() && !state.closed;
        let waited = self.changed.wait_timeout_while(self.state(), self.keep, idle);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
        state.free -= 1;
        let job = state.queue.pop_first().map(|(_, job)| job);
        if job.is_none() {
            state.threads -= 1;
        }
        job
    }
}

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use std::{sync::mpsc, time::Instant};

    use super::*;

    /// Longer than anything here takes on a busy machine.
    const PATIENCE: Duration = Duration::from_secs(60);

    fn pool(max: usize, keep: Duration) -> Arc<Pool> {
        Arc::new(Pool { keep, ..Pool::new(max) })
    }

    /// Jobs that have begun say so, and end when they are told.
    struct Held {
        begun: mpsc::Sender<usize>,
        pushed: usize,
        gates: Vec<mpsc::Sender<()>>,
    }

    impl Held {
        fn push(&mut self, pool: &Arc<Pool>) -> JobId {
            let (open, gate) = mpsc::channel::<()>();
            let (begun, number) = (self.begun.clone(), self.pushed);
            self.pushed += 1;
            self.gates.push(open);
            pool.push(Box::new(move || {
                begun.send(number).expect("the test listens");
                let _ = gate.recv();
            }))
        }
    }

    fn held() -> (Held, mpsc::Receiver<usize>) {
        let (begun, began) = mpsc::channel();
        (Held { begun, pushed: 0, gates: Vec::new() }, began)
    }

    fn wait_until(done: impl Fn() -> bool) {
        let began = Instant::now();
        while !done() {
            assert!(began.elapsed() < PATIENCE, "it does not come to that");
            thread::yield_now();
        }
    }

    #[test]
    fn it_grows_by_need_to_its_bound_and_begins_the_oldest_first() {
        let (mut jobs, began) = held();
        let pool = pool(2, KEEP);
        jobs.push(&pool);
        assert_eq!(began.recv_timeout(PATIENCE), Ok(0));
        assert_eq!(pool.threads(), 1);
        for _ in 0..4 {
            jobs.push(&pool);
        }
        assert_eq!(began.recv_timeout(PATIENCE), Ok(1));
        assert_eq!((pool.threads(), pool.state().queue.len()), (2, 3));
        for next in 2..5 {
            drop(jobs.gates.remove(0));
            assert_eq!(began.recv_timeout(PATIENCE), Ok(next));
        }
        assert_eq!(pool.threads(), 2);
    }

    #[test]
    fn a_thread_that_is_free_takes_the_next_job() {
        let pool = pool(8, KEEP);
        for _ in 0..100 {
            let (done, is_done) = mpsc::channel();
            pool.push(Box::new(move || done.send(()).expect("the test listens")));
            is_done.recv_timeout(PATIENCE).expect("it runs");
            wait_until(|| pool.state().free == 1);
        }
        assert_eq!(pool.threads(), 1);
    }

    #[test]
    fn two_jobs_at_once_are_not_given_to_one_free_thread() {
        let (mut jobs, began) = held();
        let pool = pool(8, KEEP);
        jobs.push(&pool);
        assert_eq!(began.recv_timeout(PATIENCE), Ok(0));
        jobs.gates.clear();
        wait_until(|| pool.state().free == 1);
        jobs.push(&pool);
        jobs.push(&pool);
        // Both begin although neither ends.
        for _ in 0..2 {
            began.recv_timeout(PATIENCE).expect("it begins");
        }
        assert_eq!(pool.threads(), 2);
    }

    #[test]
    fn threads_that_were_idle_for_a_while_end() {
        let (mut jobs, began) = held();
        let pool = pool(8, Duration::from_millis(1));
        for _ in 0..3 {
            for _ in 0..4 {
                jobs.push(&pool);
                began.recv_timeout(PATIENCE).expect("it begins");
            }
            assert_eq!(pool.threads(), 4);
            jobs.gates.clear();
            wait_until(|| pool.threads() == 0);
            assert_eq!(pool.state().free, 0);
        }
    }

    #[test]
    fn what_was_withdrawn_never_begins_and_leaves_nothing() {
        let (mut jobs, began) = held();
        let pool = pool(1, KEEP);
        let first = jobs.push(&pool);
        assert_eq!(began.recv_timeout(PATIENCE), Ok(0));
        let (second, _) = (jobs.push(&pool), jobs.push(&pool));
        assert!(pool.withdraw(second).is_some());
        assert_eq!(pool.state().queue.len(), 1);
        assert!(pool.withdraw(first).is_none(), "it has begun");
        jobs.gates.clear();
        assert_eq!(began.recv_timeout(PATIENCE), Ok(2));
    }

    #[test]
    fn one_that_is_closed_does_what_is_queued_and_keeps_no_thread() {
        let (mut jobs, began) = held();
        let pool = pool(1, KEEP);
        jobs.push(&pool);
        jobs.push(&pool);
        assert_eq!(began.recv_timeout(PATIENCE), Ok(0));
        pool.close();
        jobs.gates.clear();
        assert_eq!(began.recv_timeout(PATIENCE), Ok(1));
        wait_until(|| pool.threads() == 0);
        jobs.push(&pool);
        assert_eq!(began.recv_timeout(PATIENCE), Ok(2));
        jobs.gates.clear();
        wait_until(|| pool.threads() == 0);
    }

    #[test]
    fn a_job_that_panics_costs_no_thread() {
        let pool = pool(1, KEEP);
        pool.push(Box::new(|| std::panic::resume_unwind(Box::new("a panic"))));
        let (done, is_done) = mpsc::channel();
        pool.push(Box::new(move || done.send(()).expect("the test listens")));
        is_done.recv_timeout(PATIENCE).expect("it runs");
        assert_eq!(pool.threads(), 1);
    }
}
