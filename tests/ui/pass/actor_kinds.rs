//! Every kind of handler, in each of its forms.
#![deny(warnings)]

use otp::actor::Handled;
use otp::prelude::*;

struct Job(u32);

#[derive(Debug)]
struct Full;

impl std::fmt::Display for Full {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("full")
    }
}

impl std::error::Error for Full {}

struct Counter {
    n: i64,
    waiting: Vec<ReplyTo<i64>>,
}

#[actor(name = "counter", restart = transient, shutdown = 500ms, mailbox = unbounded)]
impl Counter {
    const STEP: i64 = 1;

    #[init]
    async fn init(start: i64, ctx: &mut Context<Self>, _: Duration) -> Result<Self, Full> {
        ctx.every(Duration::from_secs(1), |me| me.tick());
        ctx.next().load();
        Ok(Self { n: start, waiting: Vec::new() })
    }

    #[handle_call]
    fn add(&mut self, by: i64) -> Result<i64, Full> {
        self.n += by;
        if self.n > 100 { Err(Full) } else { Ok(self.n) }
    }
    #[handle_call]
    fn get(&self) -> i64 {
        self.helper()
    }
    #[handle_call]
    fn nothing(&mut self, _: u8) {}
    #[handle_call]
    fn when(&mut self, reply: ReplyTo<i64>, more: i64) {
        self.n += more;
        self.waiting.push(reply);
    }
    #[handle_call]
    async fn later(&mut self, ctx: &mut Context<Self>, reply: ReplyTo<i64>) {
        std::future::ready(()).await;
        ctx.me().reset();
        reply.send(self.n);
    }
    #[handle_call]
    async fn fetch(&mut self, mut url: String) -> String {
        url.push('/');
        std::future::ready(url).await
    }

    #[handle_cast]
    fn reset(&mut self) {
        self.n = Self::STEP;
    }
    #[handle_cast]
    fn risky(self: &mut Self) -> Result<(), Full> {
        Err(Full)
    }
    #[handle_cast]
    async fn slow(&mut self) -> Result<(), Full> {
        std::future::ready(()).await;
        Ok(())
    }
    #[handle_cast]
    fn forward(&mut self, to: ReplyTo<i64>) {
        to.send(self.n);
    }
    #[handle_cast]
    fn named<'a>(&'a mut self, ctx: &'a mut Context<Self>) -> std::fmt::Result {
        let _ = ctx;
        self.n += 1;
        Ok(())
    }

    #[handle_continue]
    fn load(&mut self) {}

    #[handle_info]
    fn tick(&mut self) {}
    #[handle_info]
    fn job(&mut self, job: Job) {
        self.n += i64::from(job.0);
    }
    #[handle_info]
    async fn down(&mut self, down: Down, ctx: &mut Context<Self>) {
        let _ = (down, ctx);
    }
    #[handle_info]
    fn exit(&mut self, exit: otp::Exit) -> Result<(), Full> {
        let _ = exit;
        Ok(())
    }

    #[terminate]
    async fn bye(&mut self, ctx: &mut Context<Self>, reason: &ExitReason) {
        let _ = (ctx, reason);
    }

    fn helper(&self) -> i64 {
        self.n
    }
}

struct Quiet;

#[actor(client = QuietClient, shutdown = infinity)]
impl Quiet {
    #[init]
    fn init() -> Init<Self> {
        Init::Ignore
    }
    #[terminate]
    fn bye(&self) {}
}

fn uses(counter: &CounterRef) -> Result<(), Box<dyn std::error::Error>> {
    let _: i64 = counter.add(1)??;
    let _: i64 = counter.get()?;
    counter.nothing(1)?;
    let _: i64 = counter.when(1)?;
    let _: i64 = counter.later()?;
    let _: String = counter.fetch("otp".into())?;
    counter.reset();
    counter.risky();
    counter.slow();
    counter.named();
    counter.job(Job(1));
    let _ = async |reply| {
        counter.forward(reply);
        let _: Result<i64, CallError> = counter.as_async().get().await;
    };
    let _: CounterRef<otp::mode::Async> = counter.as_async();
    let _ = Counter::child_spec(1, Duration::ZERO);
    let _: Result<QuietClient, StartError> = Quiet::start_link();
    let _ = counter == &counter.clone();
    let _ = format!("{counter:?}");
    Ok(())
}

fn main() {
    let _ = uses;
    let _ = Counter::start;
    let _: Handled<'_> = Handled::Done(Ok(()));
}
