//! Where values of an environment come from, and what is said of those that are wrong.

use std::{collections::BTreeMap, net::SocketAddr};

use otp::{
    application::{self, AppConfig, ConfigError, EnvKey},
    prelude::*,
};

const PORT: EnvKey<u16> = EnvKey::new("shop", "port");
const URL: EnvKey<String> = EnvKey::new("shop", "db.url");
const LIMITS: EnvKey<BTreeMap<String, u32>> = EnvKey::new("shop", "limits");
const PEERS: EnvKey<Vec<SocketAddr>> = EnvKey::new("shop", "peers");
const WAIT: EnvKey<Duration> = EnvKey::new("shop", "wait");
const RATE: EnvKey<f64> = EnvKey::new("shop", "rate");
const FAST: EnvKey<bool> = EnvKey::new("shop", "is-fast");

const FILE: &str = r#"
[shop]
port = 0x1F90
wait = "1m30s"
rate = 0.5
is-fast = true
peers = ["10.0.0.1:80", "[::1]:81"]

[shop.db]
url = "postgres://here"

[shop.limits]
daily = 100
hourly = 10
"#;

#[otp::test(seeds = 1)]
fn a_file_says_values_of_all_types(_: &mut Sim) {
    application::configure(AppConfig::new().toml("shop.toml", FILE)?);
    assert_eq!((PORT.get()?, URL.get()?), (8080, "postgres://here".into()));
    assert_eq!((WAIT.get()?, RATE.get()?, FAST.get()?), (Duration::from_secs(90), 0.5, true));
    assert_eq!(PEERS.get()?, ["10.0.0.1:80".parse()?, "[::1]:81".parse::<SocketAddr>()?]);
    assert_eq!(LIMITS.get()?, [("daily".to_owned(), 100), ("hourly".to_owned(), 10)].into());
}

#[otp::test(seeds = 1)]
fn the_process_environment_goes_before_files_and_what_is_set_before_both(_: &mut Sim) {
    let config = AppConfig::new()
        .toml("base.toml", "[shop]\nport = 1\nrate = 1.0")?
        .toml("local.toml", "[shop]\nport = 2")?
        .variable("SHOP_DB_URL", "there")
        .variable("SHOP_IS_FAST", "false")
        .variable("SHOP_PEERS", "10.0.0.1:80,10.0.0.2:80");
    application::configure(config.clone());
    assert_eq!((PORT.get()?, RATE.get()?, URL.get()?, FAST.get()?), (2, 1.0, "there".into(), false));
    assert_eq!(PEERS.get()?.len(), 2);
    application::configure(config.variable("SHOP_PORT", "3"));
    assert_eq!(PORT.get()?, 3);
    PORT.set(4);
    assert_eq!(PORT.get()?, 4);
}

#[otp::test(seeds = 1)]
fn what_is_wrong_is_named_with_its_place(_: &mut Sim) {
    let wrong = |text: &str| {
        application::configure(AppConfig::new().toml("shop.toml", text).unwrap());
        PORT.get().unwrap_err().to_string()
    };
    assert_eq!(
        wrong("[shop]\n\nport = 80_000"),
        "shop: `port` is wrong: shop.toml:3: 80000 is not a whole number from 0 to 65535"
    );
    assert!(wrong("[shop]\nport = \"80\"").contains("shop.toml:2: \"80\" is not a whole number"));
    assert!(wrong("[shop.port]\nx = 1").contains("shop.toml:1: a table is not a whole number"));
    assert!(wrong("[shop]\nport = 99999999999999999999").contains("is not a whole number"));
    assert_eq!(
        wrong("[shop]\nprot = 80"),
        "shop: `port` is missing: no file says it, nor does the environment variable SHOP_PORT"
    );
}

#[test]
fn a_file_that_is_none_is_named_with_its_line() {
    let error = |text: &str| AppConfig::new().toml("shop.toml", text).unwrap_err().to_string();
    assert!(error("[shop]\nport = ").starts_with("shop.toml:2: "), "{}", error("[shop]\nport = "));
    assert_eq!(error("name = 5\n[shop]"), "shop.toml:1: `name` is in no table of an application, such as [shop]");
    let missing = AppConfig::new().file("no/such/file.toml").unwrap_err();
    assert!(matches!(&missing, ConfigError::Unreadable { path, .. } if path == "no/such/file.toml"), "{missing}");
}

#[test]
fn a_file_is_read_from_disk() {
    let path = std::env::temp_dir().join(format!("otp-config-{}.toml", std::process::id()));
    std::fs::write(&path, FILE).expect("a file can be written");
    let read = AppConfig::new().file(&path);
    std::fs::remove_file(&path).expect("it is there");
    assert!(read.is_ok());
}
