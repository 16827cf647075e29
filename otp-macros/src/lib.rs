//! The macros of the `otp` crate: `#[actor]` with its helper attributes, `supervisor!` and `#[otp::test]`.
//!
//! Each macro has three steps that do not see each other: `parse` turns tokens into a tree of `ast`, `check` refuses
//! trees that break a rule, `expand` turns a checked tree into tokens and cannot fail. This file has the entry points
//! and what a user reads about them. Users find them in the `otp` crate, whose re-exports begin their docs, with an
//! example each: rustdoc joins both.

use proc_macro::TokenStream;

mod actor;
mod ast;
mod check;
mod errors;
mod expand;
mod helper;
mod parse;
mod supervisor;
mod test;
#[cfg(test)]
mod tests;
mod wording;

/// # What it makes
///
/// The block itself stays as it is. Beside it come
///
/// * `CounterRef<M = Blocking>`, the client of `Counter`, with one method per handler; its mode `M` decides what a call
///   returns. The docs of the `impl` block and of each handler carry over;
/// * `Counter::start`, `Counter::start_link` and `Counter::child_spec`, with the parameters of `#[init]`;
///   `child_spec` alone asks these to be `Clone`;
/// * an implementation of `otp::Actor` for `Counter`, and a message enum.
///
/// | attribute | the method | returns |
/// |---|---|---|
/// | `#[init]` | makes the state, in the new process; exactly one | `Self`, `Result<Self, E>` or `Init<Self>` |
/// | `#[handle_call]` | answers a call | anything that can be sent; nothing, when it takes a `ReplyTo<T>` |
/// | `#[handle_cast]` | handles a message without an answer | nothing, or `Result<(), E>`, whose error ends the actor |
/// | `#[handle_info]` | the same; also what arrives of its parameter's type: `Down`, `Exit`, or one's own | the same |
/// | `#[handle_continue]` | the same; sent through `ctx.next()`, it runs before any message that waits | the same |
/// | `#[terminate]` | runs before the actor ends; takes `&ExitReason`, or nothing | nothing |
///
/// Each may be a `fn` or an `async fn`, takes `&mut self` or `&self` (`#[init]` neither), and may have one parameter
/// `ctx: &mut Context<Self>` at any place. The client's method is as visible as its handler. `#[cfg]`, `#[deprecated]`
/// and `#[must_use]` carry over. All handlers of an actor stand in one block.
///
/// # Options
///
/// `#[actor(name = "counter", client = CounterClient, mailbox = bounded(1000, reject), on_full = overflowed,
/// restart = transient, shutdown = 5s, thread, crate = ::otp)]`, all of them optional: the name that it registers (a
/// string, or a constant `Name`), the client's name, how many messages may wait and what happens to one more
/// (`unbounded`, or `bounded` with `block`, `reject`, `drop_oldest`, `drop_newest` or `stop`), the method that is told
/// what was dropped (`fn overflowed(&mut self, dropped: Dropped)`), the defaults of its child spec (`permanent`,
/// `transient`, `temporary`; a duration, `infinity`, `brutal_kill`), whether it has a thread of its own, and the path
/// of this crate where it goes by another name.
///
/// # A thread of its own
///
/// With `thread` a server has a thread for its whole life. All its code runs there, and nobody else's: `init`,
/// handlers, `#[terminate]`, the destructors of its state; so thread-locals are its own, and it may block for as long
/// as it likes. What it waits for, timers, links, exits and kills are as in any server; a handler that is killed and
/// does not come back is declared dead, as on a core. In a simulation it runs on the one core. For code that blocks now
/// and then, there is `otp::blocking`.
///
/// # Priority
///
/// Messages of `#[handle_call(priority)]`, `#[handle_cast(priority)]` and `#[handle_info(priority)]` are handled before
/// all others that wait, in the order among themselves in which they came. They overtake; they never fall behind: all
/// that a process has sent is handled before its `Down` or `Exit`, which keep their place among the other messages. A
/// timer's message keeps its handler's priority, but for those of `ctx.every`, which are made when they are handled.
#[proc_macro_attribute]
pub fn actor(arguments: TokenStream, item: TokenStream) -> TokenStream {
    actor::actor(arguments.into(), item.into()).into()
}

/// A supervision tree, as an item.
///
/// `otp` wraps it, to say under which path it can be found itself.
#[proc_macro]
pub fn supervisor(tree: TokenStream) -> TokenStream {
    supervisor::supervisor(tree.into()).into()
}

/// It runs in the new process, and whoever starts the actor waits for it. Its parameters, but for a context, are those
/// of `start`, `start_link` and `child_spec`.
#[proc_macro_attribute]
pub fn init(arguments: TokenStream, item: TokenStream) -> TokenStream {
    helper::helper("init", &arguments.into(), item.into()).into()
}

/// The return value is the answer, a `Result` included; with a parameter `reply: ReplyTo<T>` the answer is what is
/// given to that, now or later. It doesn't run when the call has timed out; it does when its caller is gone.
#[proc_macro_attribute]
pub fn handle_call(arguments: TokenStream, item: TokenStream) -> TokenStream {
    helper::helper("handle_call", &arguments.into(), item.into()).into()
}

/// An `Err` ends the actor with that reason.
#[proc_macro_attribute]
pub fn handle_cast(arguments: TokenStream, item: TokenStream) -> TokenStream {
    helper::helper("handle_cast", &arguments.into(), item.into()).into()
}

/// With exactly one parameter it handles what arrives of that type, if no other method of the block does. Except for
/// `Down` and `Exit` the client has a method for it, too. An `Err` ends the actor with that reason.
#[proc_macro_attribute]
pub fn handle_info(arguments: TokenStream, item: TokenStream) -> TokenStream {
    helper::helper("handle_info", &arguments.into(), item.into()).into()
}

/// An `Err` ends the actor with that reason.
#[proc_macro_attribute]
pub fn handle_continue(arguments: TokenStream, item: TokenStream) -> TokenStream {
    helper::helper("handle_continue", &arguments.into(), item.into()).into()
}

/// It does not run when an exit signal that isn't trapped ends the actor. To end with another reason it calls
/// `process::exit_self`: that takes the place of a clean reason, and is added to a failure. A panic does the same;
/// `ctx.stop` does nothing any more.
#[proc_macro_attribute]
pub fn terminate(arguments: TokenStream, item: TokenStream) -> TokenStream {
    helper::helper("terminate", &arguments.into(), item.into()).into()
}

/// `#[otp::test] fn evicts(t: &mut Sim) { .. }` runs with 20 seeds, `#[otp::test(seeds = 200)]` with so many, and
/// `#[otp::test(seed = 7)]` with that one, to see a failure again. The body may use `?`; other attributes, such as
/// `#[should_panic]`, carry over.
#[proc_macro_attribute]
pub fn test(arguments: TokenStream, item: TokenStream) -> TokenStream {
    test::test(arguments.into(), item.into()).into()
}
