use otp::Name;

struct Db;

fn main() {
    let _ = Name::<Db>::via(&std::sync::Arc::new("no registry"), 1);
}
