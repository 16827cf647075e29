//! What a supervisor does when a child has ended.

use std::time::Duration;

use super::{Message, Server};
use crate::{
    actor::{ActorRef, After, OneWay, hidden::DelayedHandle},
    cell::{Exit, ExitReason, current},
    supervisor::{
        Strategy,
        children::{Phase, StartNumber},
        report,
        strategy::{self, AfterExit},
    },
};

impl Server {
    /// An exit signal came. An `Err` is why the supervisor has to end.
    pub(super) async fn exited(&mut self, exit: Exit, me: ActorRef<Self, OneWay>) -> Result<(), ExitReason> {
        let Some(number) = self.children.find_pid(exit.from) else { return Ok(()) };
        let child = &self.children[number];
        // A child that lives has sent this one by hand: it means nothing, and a second one must not be started. One
        // that has ended since is judged by its end, whatever it said before.
        let Some(reason) = child.process().and_then(|process| process.header().reason()) else { return Ok(()) };
        let restart = child.spec.restart;
        if strategy::is_reported(restart, &reason) {
            report::child_terminated(&self.offender(number), &reason);
        }
        let significant = child.spec.significant;
        match strategy::ended(restart, &reason) {
            AfterExit::Restart => return self.come_back(number, me).await,
            AfterExit::Keep => self.stopped(number, self.kind.keeps(restart)),
            AfterExit::Forget => self.children.forget(number),
        }
        if significant && strategy::shuts_down(self.auto_shutdown, self.children.significant()) {
            return Err(ExitReason::Shutdown);
        }
        Ok(())
    }

    /// A child has ended and is to be started again: at once, or after a while if it goes on failing.
    async fn come_back(&mut self, failed: StartNumber, me: ActorRef<Self, OneWay>) -> Result<(), ExitReason> {
        let now = current::now();
        let period = self.period;
        let child = &mut self.children[failed];
        let ran = now.saturating_duration_since(child.since);
        let wait = child.spec.backoff.map_or(Duration::ZERO, |backoff| child.failures.ended(backoff, ran, period));
        if wait.is_zero() {
            return self.restart(failed, me).await;
        }
        self.children.set(failed, Phase::Restarting);
        // Who depends on it waits with it.
        self.stop_with(failed).await;
        self.retry(failed, wait, &me);
        Ok(())
    }

    /// Has a child started again after a while.
    fn retry(&mut self, number: StartNumber, wait: Duration, me: &ActorRef<Self, OneWay>) {
        if wait.is_zero() {
            return me.cast(Message::TryAgain(number));
        }
        let later = ActorRef::<Self, After>::new(DelayedHandle { address: me.handle().address.clone(), after: wait });
        self.children.set_retry(number, later.cast(Message::TryAgain(number)));
    }

    /// Ends those that are started again with a child; gives them, in order, with the child.
    pub(super) async fn stop_with(&mut self, failed: StartNumber) -> Vec<StartNumber> {
        let first = if self.strategy == Strategy::OneForAll { StartNumber::FIRST } else { failed };
        let children = self.children.since(first).map(|(number, child)| (number, child.spec.restart));
        let round = strategy::round(self.strategy, failed, children);
        for number in round.stop {
            self.end(number, Phase::Pending).await;
        }
        for number in round.forget {
            self.children.forget(number);
        }
        round.start
    }

    /// Starts a child again that has ended, and with it whom the strategy says.
    pub(super) async fn restart(&mut self, failed: StartNumber, me: ActorRef<Self, OneWay>) -> Result<(), ExitReason> {
        let now = current::now();
        let allowed = self.intensity.allows(now);
        if !allowed {
            report::too_many_restarts(&self.offender(failed));
        }
        self.children.set(failed, Phase::Restarting);
        if !allowed {
            self.place.give_up();
            return Err(ExitReason::Shutdown);
        }
        for number in self.stop_with(failed).await {
            match self.start(number).await {
                Ok(start) => {
                    if start.runs {
                        self.children[number].restarts += 1;
                    }
                }
                Err(error) => {
                    report::start_error(&self.offender(number), &error);
                    self.children.set(number, Phase::Restarting);
                    let child = &mut self.children[number];
                    let wait = child.spec.backoff.map_or(Duration::ZERO, |backoff| child.failures.failed(backoff));
                    self.retry(number, wait, &me);
                    break;
                }
            }
        }
        Ok(())
    }

    pub(super) async fn try_again(
        &mut self,
        number: StartNumber,
        me: ActorRef<Self, OneWay>,
    ) -> Result<(), ExitReason> {
        match self.children.get(number) {
            Some(child) if matches!(child.state, Phase::Restarting) => self.restart(number, me).await,
            // It was told to stay as it is meanwhile, or is gone.
            _ => Ok(()),
        }
    }
}
