//! Loading: from the engine's own text to something that answers.

use std::hint::black_box;
use std::time::Duration;

use crate::clock;
use crate::engine::{Engine, Standing};
use crate::rounds::Time;
use crate::workload::{self, Spec};

/// An engine as far as loading goes, without its type.
pub struct Loading {
    pub name: &'static str,
    pub standing: Standing,
    configuration: fn(&Spec) -> String,
    load: fn(&str) -> Result<Sample, String>,
    load_list: fn(&str, usize) -> Result<ListSample, String>,
}

/// One load.
#[derive(Clone, Copy)]
struct Sample {
    took: Duration,
    kept: usize,
}

/// One load of a long list, and what a check against it costs then.
pub struct ListSample {
    pub took: Duration,
    pub kept: usize,
    pub hit: f64,
    pub miss: f64,
}

/// What loading cost an engine.
pub struct Loads {
    pub text: usize,
    pub kept: usize,
    /// In milliseconds.
    pub time: Time,
}

impl Loading {
    pub fn of<E: Engine>() -> Loading {
        Loading {
            name: E::NAME,
            standing: E::STANDING,
            configuration: E::configuration,
            load: |text| load::<E>(text).map(|(sample, _)| sample),
            load_list: load_list::<E>,
        }
    }

    /// A list of so many keys, loaded once.
    pub fn list(&self, keys: usize) -> Result<(usize, ListSample), String> {
        let text = (self.configuration)(&Spec::listed(keys));
        (self.load_list)(&text, keys).map(|sample| (text.len(), sample))
    }
}

fn load<E: Engine>(text: &str) -> Result<(Sample, E), String> {
    let before = clock::bytes_in_use();
    let start = clock::of_process();
    let engine = E::load(black_box(text))?;
    let took = clock::of_process() - start;
    Ok((Sample { took, kept: clock::bytes_in_use().saturating_sub(before) }, engine))
}

fn load_list<E: Engine>(text: &str, keys: usize) -> Result<ListSample, String> {
    const USERS: usize = 512;
    let (sample, engine) = load::<E>(text)?;
    let contexts = |users: workload::Users| users.iter().map(E::context).collect::<Vec<_>>();
    let hit = check(&engine, &contexts(workload::members(USERS, keys)), true)?;
    let miss = check(&engine, &contexts(workload::strangers(USERS)), false)?;
    Ok(ListSample { took: sample.took, kept: sample.kept, hit, miss })
}

/// Nanoseconds per check of the long list: the best of up to 20 passes.
fn check<E: Engine>(engine: &E, contexts: &[E::Context], wanted: bool) -> Result<f64, String> {
    const LONG: Duration = Duration::from_millis(500);
    let mut worker = engine.worker();
    let flag = engine.flag(workload::LISTED);
    let mut pass = |asked: &[E::Context]| {
        let start = clock::of_thread();
        let right = asked
            .iter()
            .filter(|context| E::is_on(&mut worker, black_box(&flag), black_box(context)) == wanted)
            .count();
        if right < asked.len() { Err("wrong answers".to_owned()) } else { Ok(clock::of_thread() - start) }
    };
    // The second user of a list stands in its middle: that check tells how many fit into a pass.
    let single = pass(&contexts[1..2])?;
    let most = (LONG.as_nanos() / single.as_nanos().max(1)).clamp(1, contexts.len() as u128 - 1) as usize;
    let asked = &contexts[1..=most];
    let mut best = Duration::MAX;
    let start = clock::of_thread();
    for _ in 0..20 {
        best = best.min(pass(asked)?);
        if clock::of_thread() - start > LONG {
            break;
        }
    }
    Ok(best.as_nanos() as f64 / asked.len() as f64)
}

/// Loads the same flags into every engine, round by round.
pub fn time(engines: &[Loading], spec: &Spec, rounds: usize) -> Vec<Result<Loads, String>> {
    const ENOUGH: Duration = Duration::from_secs(4);
    let texts: Vec<String> = engines.iter().map(|engine| (engine.configuration)(spec)).collect();
    let mut samples: Vec<Result<Vec<Sample>, String>> = engines.iter().map(|_| Ok(Vec::new())).collect();
    for _ in 0..rounds {
        for ((engine, text), samples) in engines.iter().zip(&texts).zip(&mut samples) {
            let Ok(taken) = samples else { continue };
            if taken.iter().map(|sample| sample.took).sum::<Duration>() > ENOUGH {
                continue;
            }
            match (engine.load)(text) {
                Ok(sample) => taken.push(sample),
                Err(error) => *samples = Err(error),
            }
        }
    }
    let loads = |text: &String, samples: Vec<Sample>| Loads {
        text: text.len(),
        kept: samples.iter().map(|sample| sample.kept).min().unwrap_or_default(),
        time: Time::of(samples.iter().map(|sample| sample.took.as_secs_f64() * 1e3).collect()),
    };
    texts.iter().zip(samples).map(|(text, samples)| samples.map(|samples| loads(text, samples))).collect()
}
