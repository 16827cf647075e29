use otp::application::AppSpec;

pub struct Db;

fn main() {
    let _ = AppSpec::new().depends_on::<Db>();
}
