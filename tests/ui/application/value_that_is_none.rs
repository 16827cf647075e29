use otp::application::EnvKey;

#[derive(Clone)]
pub struct Level(u8);

const LEVEL: EnvKey<Level> = EnvKey::new("shop", "level");

fn main() {
    println!("{LEVEL:?} {}", Level(1).0);
}
