use otp::application::EnvKey;

const PORT: EnvKey<u16> = EnvKey::new("shop", "port");

fn main() {
    PORT.set("8080");
}
