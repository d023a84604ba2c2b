//! The comparison, a section at a time: `peers agreement`, `peers checks` ...

use waterspout_peers::driver::{Check, Driver, Prepared};
use waterspout_peers::{agreement, for_each_engine, rounds};

fn main() {
    let mut drivers: Vec<Box<dyn Driver>> = Vec::new();
    macro_rules! prepare {
        ($engine:ty) => {
            println!(
                "{} {:?}",
                <$engine as waterspout_peers::engine::Engine>::NAME,
                agreement::faults::<$engine>()
            );
            drivers.push(Box::new(Prepared::<$engine>::new().unwrap()));
        };
    }
    for_each_engine!(prepare);
    for check in Check::ALL {
        let times = rounds::time(&drivers, check, 31);
        for (driver, time) in drivers.iter().zip(times) {
            println!("{check:?} {} {time:.1?}", driver.name());
        }
    }
}
