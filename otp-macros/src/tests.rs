//! Snapshots of expansions, in `tests/expand/`. They show shape; what the code does is for behaviour tests.
//!
//! `UPDATE_EXPECT=1 cargo test -p otp-macros` writes them anew; then read the difference.

use std::{env, fs, path::Path};

use proc_macro2::TokenStream;

use crate::{actor::actor, supervisor::supervisor, test::test};

fn tokens(code: &str) -> TokenStream {
    code.parse().expect("the input of a snapshot lexes")
}

fn expect(name: &str, expansion: TokenStream) {
    let file = syn::parse2(expansion).expect("an expansion is items");
    let actual = prettyplease::unparse(&file);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expand").join(name).with_extension("rs");
    if env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, &actual).expect("the snapshot can be written");
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(actual == expected, "the expansion of `{name}` has changed; it is now\n\n{actual}");
}

#[test]
fn plain() {
    let item = "
        impl Counter {
            #[init] fn init(start: i64, ctx: &mut Context<Self>) -> Result<Self, InitError> { body }
            #[handle_call] fn get(&self) -> i64 { body }
            #[handle_call] fn when(&mut self, n: i64, reply: ReplyTo<i64>) { body }
            #[handle_call] async fn fetch(&mut self, url: String) -> Bytes { body }
            #[handle_cast] fn reset(&mut self) -> Result<(), Error> { body }
            #[handle_info] fn tick(&mut self) { body }
            #[handle_info] fn line(&mut self, line: Line) { body }
            #[handle_info] fn down(&mut self, down: Down, ctx: &mut Context<Self>) { body }
            #[terminate] fn bye(&mut self, reason: &ExitReason) { body }
            fn helper(&self) {}
        }";
    expect("plain", actor(tokens("name = \"counter\", shutdown = 5s"), tokens(item)));
}

#[test]
fn own_thread() {
    let item = "
        impl Camera {
            #[init] fn init() -> Self { body }
            #[handle_call] fn shoot(&mut self) -> Image { body }
        }";
    expect("own_thread", actor(tokens("restart = transient, thread"), tokens(item)));
}

#[test]
fn generics() {
    let item = "
        impl<T: Clone, const N: usize> Stack<T, N> where T: Send + 'static, Self: Sized {
            #[init] fn init() -> Self { body }
            #[handle_cast] fn swap(&mut self, other: Self, size: [u8; Self::SIZE]) { body }
        }";
    expect("generics", actor(TokenStream::new(), tokens(item)));
}

#[test]
fn attributes() {
    let item = "
        /// Counts.
        impl Counter {
            #[init] fn init() -> Self { body }
            /// Answers.
            #[cfg(feature = \"one\")]
            #[inline]
            #[deprecated]
            #[otp::handle_call] pub(in crate::shop) fn get(&self) -> i64 { body }
            #[cfg(unix)] #[handle_info] fn exit(&mut self, exit: Exit) { body }
        }";
    expect("attributes", actor(TokenStream::new(), tokens(item)));
}

#[test]
fn raw_names() {
    let item = "
        impl r#struct {
            #[init] fn init(r#type: u8) -> Self { body }
            #[handle_cast] fn r#move(&mut self, r#in: u8) { body }
        }";
    expect("raw_names", actor(TokenStream::new(), tokens(item)));
}

#[test]
fn errors() {
    let item = "
        impl<'a> Counter<'a> {
            #[init] fn init() -> Self { body }
            #[handle_call(priority)] fn find(key: &str) -> impl Sized { body }
        }";
    expect("errors", actor(tokens("nmae = \"c\""), tokens(item)));
}

#[test]
fn simulated_test() {
    let item = "#[should_panic] fn evicts(t: &mut Sim) -> Result<(), Full> { body }";
    expect("simulated_test", test(tokens("seeds = 200"), tokens(item)));
}

#[test]
fn tree() {
    let tree = "
        ::otp;
        /// Keeps a shop running.
        pub(crate) Shop<rest_for_one>(config: Config, shards: usize) {
            intensity: 3 in 500ms;
            auto_shutdown: any_significant;

            /// Where the data is.
            db: Db(config.url.clone()) { shutdown: 10s, name: \"db\" };
            workers: supervisor<one_for_all> {
                worker: [Worker(db, i) for i in 0..*shards] { restart: transient, name: format!(\"worker-{i}\") };
            };
            #[cfg(feature = \"metrics\")] metrics: Metrics(db, workers) { significant, restart: temporary };
            sessions: dynamic<Session>(user, db, shards) for user: String { max_children: 10 };
            extra: = third_party(config);
        }";
    expect("tree", supervisor(tokens(tree)));
}

#[test]
fn tree_errors() {
    let tree = "
        ::otp;
        pub Shop<OneForOne>(url: &str, shards: usize) {
            db: Db(url);
            cache: Cache;
            db: Db(url);
            back: supervisor<one_for_all> { worker: [Worker(i) for i]; other: Worker(0) { restart }; };
        }";
    expect("tree_errors", supervisor(tokens(tree)));
}
