//! What every evaluator is asked: flags and users, described once. Each engine writes its own configuration from this.

/// How a flag decides. Four kinds that any product has, and two that only the agreement checks use.
#[derive(Clone, Debug)]
pub enum Kind {
    /// On for everybody.
    On,
    /// Off for everybody.
    Off,
    /// On for so many per cent of the users, by their key.
    Rollout(u8),
    /// On for the users of a list.
    Listed(Vec<String>),
    /// On where [`Target`] holds, for so many per cent of those users.
    Targeted(u8),
}

/// The three conditions: the country is one of [`COUNTRIES`], the app is at least [`VERSION`] (by SemVer), the age at
/// least [`AGE`].
pub struct Target;

pub const COUNTRIES: [&str; 3] = ["DE", "AT", "CH"];
pub const VERSION: &str = "2.4.0";
pub const AGE: u32 = 18;

impl Target {
    /// What the conditions mean, written out: what all engines must agree with.
    pub fn holds(user: &User) -> bool {
        let version: Vec<u32> = user.version.split('.').map(|part| part.parse().unwrap()).collect();
        COUNTRIES.contains(&user.country.as_str()) && version >= vec![2, 4, 0] && user.age >= AGE
    }
}

#[derive(Clone, Debug)]
pub struct FlagSpec {
    pub key: String,
    pub kind: Kind,
}

/// A configuration, before any engine has written it its own way.
#[derive(Clone, Debug)]
pub struct Spec {
    pub flags: Vec<FlagSpec>,
}

impl Spec {
    /// So many flags: a quarter each on, rolled out to 50 %, given to three early adopters, and targeted at 25 %.
    pub fn mixed(count: usize) -> Spec {
        let kind = |number: usize| match number % 4 {
            0 => Kind::On,
            1 => Kind::Rollout(50),
            2 => Kind::Listed((0..3).map(|n| member(number * 3 + n)).collect()),
            _ => Kind::Targeted(25),
        };
        let flag = |number| FlagSpec { key: mixed_key(number), kind: kind(number) };
        Spec { flags: (0..count).map(flag).collect() }
    }

    /// One flag with a list of so many users, and eight flags beside it.
    pub fn listed(count: usize) -> Spec {
        let mut spec = Spec::mixed(8);
        spec.flags
            .push(FlagSpec { key: LISTED.into(), kind: Kind::Listed((0..count).map(member).collect()) });
        spec
    }

    /// One flag of each kind, for the agreement checks.
    pub fn one_of_each(kinds: &[(&str, Kind)]) -> Spec {
        let flag = |(key, kind): &(&str, Kind)| FlagSpec { key: (*key).into(), kind: kind.clone() };
        Spec { flags: kinds.iter().map(flag).collect() }
    }
}

pub const LISTED: &str = "listed";

/// The key of a flag of [`Spec::mixed`].
pub fn mixed_key(number: usize) -> String {
    format!("team-{}.feature-{number}", number % 7)
}

/// Somebody whom a list names.
pub fn member(number: usize) -> String {
    format!("member-{number:07}")
}

#[derive(Clone, Debug)]
pub struct User {
    pub key: String,
    pub country: String,
    pub version: String,
    pub age: u32,
}

/// Users who live as long as the program, so that contexts may borrow from them.
pub type Users = &'static [User];

fn users(count: usize, user: impl Fn(usize) -> User) -> Users {
    Vec::leak((0..count).map(user).collect())
}

/// Users for whom [`Target`] holds: the longest way through the conditions.
pub fn targeted(count: usize) -> Users {
    users(count, |n| User {
        key: format!("user-{:09}", n * 7919),
        country: COUNTRIES[n % 3].into(),
        version: format!("2.{}.{}", 4 + n % 5, n % 10),
        age: 18 + (n % 60) as u32,
    })
}

/// Users of all sorts: for about an eighth of them [`Target`] holds.
pub fn varied(count: usize) -> Users {
    let countries = ["DE", "FR", "AT", "US", "CH", "GB"];
    users(count, |n| User {
        key: format!("visitor-{n}"),
        country: countries[n % 6].into(),
        version: format!("{}.{}.{}", 1 + n / 6 % 3, n / 7 % 12, n % 3),
        age: (n / 5 % 70) as u32,
    })
}

/// Users of the list of [`Spec::listed`], any few of them in a row spread evenly over it. `count` is a power of two.
pub fn members(count: usize, of: usize) -> Users {
    assert!(count.is_power_of_two());
    // The bits of the number turned round: each next user halves the largest gap.
    let spread = |n: usize| n.reverse_bits() >> (usize::BITS - count.ilog2());
    users(count, |n| User { key: member((2 * spread(n) + 1) * of / (2 * count)), ..targeted(1)[0].clone() })
}

/// Users who are on no list.
pub fn strangers(count: usize) -> Users {
    users(count, |n| User { key: format!("absent-{n:07}"), ..targeted(1)[0].clone() })
}
