//! The processes of a registry: each is linked to the owners of its partition, and cleans up after them.

use std::{convert::Infallible, sync::Arc};

use super::{
    KeyKind, RegistryKey, RegistryValue,
    owners::Opened,
    table::{RegistryTable, is_alive},
};
use crate::{
    actor::{Actor, ActorRef, Context, Handled, Info, Init, Mode},
    cell::Pid,
};

/// What a partition is started with.
pub(super) struct PartitionArgs<K: RegistryKey, V: RegistryValue, D> {
    pub(super) table: Arc<RegistryTable<K, V, D>>,
    pub(super) opened: Arc<Opened<K, V>>,
    pub(super) number: usize,
}

impl<K: RegistryKey, V: RegistryValue, D> Clone for PartitionArgs<K, V, D> {
    fn clone(&self) -> Self {
        Self { table: Arc::clone(&self.table), opened: Arc::clone(&self.opened), number: self.number }
    }
}

/// A process that sees to a partition. What it has seen to is taken out when it ends, in whatever way.
pub(super) struct RegistryPartition<K: RegistryKey, V: RegistryValue, D: KeyKind> {
    of: PartitionArgs<K, V, D>,
    pid: Pid,
}

impl<K: RegistryKey, V: RegistryValue, D: KeyKind> Drop for RegistryPartition<K, V, D> {
    fn drop(&mut self) {
        self.of.table.clear(self.of.opened.end(self.of.number, self.pid));
    }
}

impl<K: RegistryKey, V: RegistryValue, D: KeyKind> Actor for RegistryPartition<K, V, D> {
    type Args = PartitionArgs<K, V, D>;
    type Message = Infallible;
    type Client<M: Mode> = ActorRef<Self, M>;
    const NAME: &'static str = "RegistryPartition";

    fn init(of: Self::Args, ctx: &mut Context<Self>) -> Handled<'_, Init<Self>> {
        ctx.trap_exit(true);
        let pid = ctx.pid();
        // One that was declared dead has left its entries.
        of.table.clear(of.opened.begin(of.number, pid));
        Handled::Done(Init::Ok(Self { of, pid }))
    }

    fn handle<'a>(&'a mut self, message: Infallible, _: &'a mut Context<Self>) -> Handled<'a> {
        match message {}
    }

    fn info<'a>(&'a mut self, info: Info, _: &'a mut Context<Self>) -> Handled<'a> {
        match info {
            // Anybody may send an exit signal, and live on.
            Info::Exit(exit) if is_alive(exit.from) => {}
            Info::Exit(exit) => self.of.table.owner_ended(&self.of.opened, exit.from),
            info => info.log_unexpected::<Self>(),
        }
        Handled::Done(Ok(()))
    }

    fn message_name(message: &Infallible) -> &'static str {
        match *message {}
    }
}
