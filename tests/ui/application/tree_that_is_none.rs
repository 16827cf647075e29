use otp::application::{AppContext, Application, StartFailure};

pub struct Shop;

impl Application for Shop {
    const NAME: &'static str = "shop";
    type Tree = u32;

    fn start(_: &AppContext) -> Result<(Self, u32), StartFailure> {
        Ok((Self, 1))
    }
}

fn main() {}
