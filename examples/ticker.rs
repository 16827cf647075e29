//! A stock ticker: a producer for each symbol, found in a registry, publishes quotes on the symbol's topic; an agent has
//! the configuration; tasks with a time limit fetch what the world says, and one that is late spoils nothing.

use otp::{
    agent::{Agent, AgentRef},
    name::RegisterError,
    prelude::*,
    registry::{Registry, RegistryRef},
    task::{self, OnTimeout},
    topic::{PubSub, PubSubRef},
};

/// What can be changed while it runs.
#[derive(Debug, Clone)]
pub struct Config {
    /// In cents.
    step: u64,
}

/// What a symbol costs, in cents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quote {
    symbol: &'static str,
    cents: u64,
}

/// Makes the quotes of one symbol, and publishes them.
#[derive(Debug)]
pub struct Producer {
    quote: Quote,
    quotes: PubSubRef<Quote>,
    config: AgentRef<Config>,
}

#[actor]
impl Producer {
    #[init]
    fn init(
        quote: Quote,
        producers: RegistryRef<&'static str, ()>,
        quotes: PubSubRef<Quote>,
        config: AgentRef<Config>,
    ) -> Result<Self, RegisterError> {
        producers.register(quote.symbol, ())?;
        Ok(Self { quote, quotes, config })
    }

    /// Publishes the next quote; gives it.
    ///
    /// # Errors
    /// When nobody knows the configuration.
    #[handle_call]
    pub fn tick(&mut self) -> Result<Quote, CallError> {
        self.quote.cents += self.config.get(|config| config.step)?;
        self.quotes.topic(self.quote.symbol).broadcast(self.quote);
        Ok(self.quote)
    }

    /// The next producer of the symbol begins anew.
    ///
    /// # Panics
    /// Always: it is a bug.
    #[handle_cast]
    pub fn crash(&mut self) {
        panic!("a bug in {}", self.quote.symbol);
    }
}

const SYMBOLS: [Quote; 3] = [
    Quote { symbol: "BEAM", cents: 198_600 },
    Quote { symbol: "RUST", cents: 201_500 },
    Quote { symbol: "SLOW", cents: 100 },
];

supervisor! {
    /// Producers register and publish, so they begin anew when whoever keeps that does.
    Market<rest_for_one> {
        config:    Agent<Config>(Box::new(|| Config { step: 5 }));
        producers: Registry<&'static str, ()>(Registry::new());
        quotes:    PubSub<Quote>();
        floor:     supervisor<one_for_one> {
            producer: [Producer(quote, producers, quotes, config) for quote in SYMBOLS];
        };
    }
}

/// What a newspaper says of a symbol; some take their time.
fn headline(symbol: &'static str) -> String {
    if symbol == "SLOW" {
        otp::timer::sleep_forever();
    }
    format!("{symbol} is up")
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let market = Market::start_link()?;
    let producers = market.producers();
    let screen = process::current().subject();
    for symbol in ["BEAM", "RUST"] {
        market.quotes().topic(symbol).subscribe(&screen)?;
    }
    let show = || {
        while let Some(quote) = screen.receive(Duration::ZERO) {
            println!("{} {}.{:02}", quote.symbol, quote.cents / 100, quote.cents % 100);
        }
    };
    let tick = |symbol| producers.client::<Producer>(symbol).tick();

    tick("BEAM")??;
    tick("RUST")??;
    tick("SLOW")??;
    show();

    println!("larger steps");
    market.config().update(|config| config.step = 100)?;
    tick("BEAM")??;
    show();

    println!("a producer crashes: the next one is found by the same symbol");
    let beam = producers.client::<Producer>("BEAM");
    let monitor = beam.monitor().ok_or("it is there")?;
    beam.crash();
    process::current().receive_down(monitor, None);
    while tick("BEAM").is_err() {
        // Nobody has registered the symbol yet.
        otp::sleep(Duration::from_millis(1));
    }
    show();

    println!("the news");
    let headlines = task::stream(SYMBOLS.map(|quote| quote.symbol), headline)
        .max_concurrency(3)
        .timeout(Duration::from_millis(200))
        .on_timeout(OnTimeout::KillTask)
        .zip_input_on_exit();
    for headline in headlines {
        match headline {
            Ok(headline) => println!("    {headline}"),
            Err((symbol, error)) => println!("    nothing of {symbol}: {error}"),
        }
    }
    market.supervisor().stop()?;
    Ok(())
}
