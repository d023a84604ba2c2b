//! The live table: what is counted now, what changed with the last edit of the file, and what was wrong with it.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossterm::event::{self, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::style::Color;
use waterspout::{Event, Flags, Status};

use super::report::{FlagReport, Report, Row, Subject};
use super::screen::{Line, Screen, Style};
use super::text::{counted, cut, fit, grouped, percent, rounded, width};
use super::work::{Crew, Work};
use super::{Simulation, findings, plain};
use crate::exit::{Exit, Stop};
use crate::render::{safe, takes_colour};

/// How often the numbers are drawn.
const TICK: Duration = Duration::from_millis(200);
/// How long a change stays marked.
const MARKED: Duration = Duration::from_secs(10);
/// Over what time a speed is measured.
const WINDOW: Duration = Duration::from_secs(2);
/// Whoever has pressed a key so lately is looking at something.
const LOOKING: Duration = Duration::from_secs(10);
/// So many users, or so much time, until a new edition is compared with the one before.
const ENOUGH_USERS: u64 = 50_000;
const ENOUGH_TIME: Duration = Duration::from_secs(2);
/// So many findings of a refused file are shown.
const FINDINGS: usize = 3;

/// Something the loader told.
pub(super) enum Notice {
    Published,
    /// The file is refused or cannot be read.
    Trouble {
        head: String,
        lines: Vec<String>,
    },
    /// Well again, with the content that serves.
    Recovered,
    /// It serves, but.
    Aside(String),
}

impl Notice {
    pub(super) fn of(event: &Event, file: &Path) -> Option<Notice> {
        match event {
            Event::Published { .. } => Some(Notice::Published),
            Event::Refused { error, .. } => {
                let lines = findings(error, file);
                let faults = counted(lines.len() as u64, "fault", "faults");
                Some(Notice::Trouble { head: format!("REFUSED: {faults}"), lines })
            }
            Event::SourceError { error, .. } => Some(Notice::Trouble {
                head: "CANNOT BE READ".to_owned(),
                lines: vec![safe(&error.to_string()).into_owned()],
            }),
            Event::Recovered { .. } => Some(Notice::Recovered),
            Event::Mismatch { mismatches, .. } => {
                let lines: Vec<String> = mismatches.iter().map(ToString::to_string).collect();
                Some(Notice::Aside(safe(&lines.join("; ")).into_owned()))
            }
            _ => None,
        }
    }
}

/// Runs until somebody leaves, or until so many users are asked.
pub(super) fn run(
    simulation: &Simulation,
    flags: &Flags,
    mut crew: Crew,
    notices: &Mutex<Vec<Notice>>,
    users: Option<u64>,
) -> Result<Exit, Stop> {
    let start = Instant::now();
    let ended = ended_from_outside()?;
    let mut screen = Screen::open(takes_colour(&io::stdout()))?;
    let mut table = Table::new(simulation, crew.workers());
    loop {
        let tick = Instant::now();
        let told = std::mem::take(&mut *notices.lock().unwrap_or_else(PoisonError::into_inner));
        let (tally, work) = crew.counts();
        let report = Report::of(&simulation.theatre.stage().layout, &tally);
        let done = users.is_some_and(|users| report.users >= users);
        table.update(report, work, flags.status(), told, Instant::now());
        draw(&mut screen, &mut table)?;
        // Counting a very large file takes its time: the workers get most of it.
        let next = tick + TICK.max(4 * tick.elapsed());
        if done || ended.load(Ordering::Relaxed) || !heed(&mut screen, &mut table, next)? {
            break;
        }
    }
    let broken = screen.is_lost();
    drop(screen);
    let took = start.elapsed();
    crew.stop();
    let (_, work) = crew.counts();
    if broken {
        return Ok(Exit::Bug);
    }
    let end = if users.is_some_and(|users| table.report.users >= users) {
        let status = flags.status();
        plain::Run {
            file: simulation.file.name(),
            fingerprint: status.fingerprint,
            now: simulation.instant().to_string(),
            seed: simulation.seed,
            facts: &simulation.facts,
            report: &table.report,
            work,
            took,
            threads: crew.workers(),
        }
        .to_string()
    } else {
        let users = counted(work.users, "user", "users");
        format!("{users}, {}\n", plain::speed(&work, took, crew.workers()))
    };
    io::stdout().write_all(end.as_bytes())?;
    Ok(Exit::Fine)
}

/// Set when the system, or somebody at another terminal, ends the program: the terminal is put back even so.
fn ended_from_outside() -> io::Result<Arc<AtomicBool>> {
    let ended = Arc::new(AtomicBool::new(false));
    #[cfg(unix)]
    {
        use signal_hook::consts::{SIGHUP, SIGTERM};
        let mut signals = signal_hook::iterator::Signals::new([SIGTERM, SIGHUP])?;
        let heard = Arc::clone(&ended);
        std::thread::spawn(move || {
            if signals.forever().next().is_some() {
                heard.store(true, Ordering::Relaxed);
                // Where the terminal itself is gone, waiting for its keys never comes back: its end is read for ever.
                std::thread::sleep(Duration::from_secs(1));
                super::screen::give_back();
                std::process::exit(0);
            }
        });
    }
    Ok(ended)
}

fn draw(screen: &mut Screen, table: &mut Table<'_>) -> io::Result<()> {
    let (columns, rows) = screen.size();
    screen.draw(table.frame(columns, rows, Instant::now()))
}

/// Heeds keys until the next tick. False if somebody wants to leave, or the terminal is lost.
fn heed(screen: &mut Screen, table: &mut Table<'_>, next: Instant) -> io::Result<bool> {
    while event::poll(next.saturating_duration_since(Instant::now()))? {
        match event::read()? {
            event::Event::Key(key) if key.kind != KeyEventKind::Release => {
                if is_leaving(key) {
                    return Ok(false);
                }
                table.press(key.code, Instant::now());
            }
            event::Event::Resize(columns, rows) => screen.resize(columns, rows),
            _ => continue,
        }
        draw(screen, table)?;
    }
    Ok(!screen.is_lost())
}

fn is_leaving(key: KeyEvent) -> bool {
    match key.code {
        KeyCode::Char('q' | 'Q') | KeyCode::Esc => true,
        KeyCode::Char('c' | 'd') => key.modifiers.contains(KeyModifiers::CONTROL),
        _ => false,
    }
}

/// What the table shows.
struct Table<'s> {
    simulation: &'s Simulation,
    workers: usize,
    report: Report,
    work: Work,
    status: Option<Status>,
    speeds: VecDeque<(Instant, Work)>,
    /// The last counts of the generation before, until they are compared; and since when.
    before: Option<(Report, Instant)>,
    marks: Vec<Mark>,
    trouble: Option<(String, Vec<String>, Instant)>,
    aside: Option<(String, Instant)>,
    recovered: Option<Instant>,
    selected: usize,
    /// How far the lower part is scrolled.
    scrolled: usize,
    pressed: Option<Instant>,
}

/// A row that changed with the last publication.
struct Mark {
    flag: String,
    subject: Subject,
    was: String,
    until: Instant,
}

impl<'s> Table<'s> {
    fn new(simulation: &'s Simulation, workers: usize) -> Table<'s> {
        Table {
            simulation,
            workers,
            report: Report::default(),
            work: Work::default(),
            status: None,
            speeds: VecDeque::new(),
            before: None,
            marks: Vec::new(),
            trouble: None,
            aside: None,
            recovered: None,
            selected: 0,
            scrolled: 0,
            pressed: None,
        }
    }

    fn update(&mut self, report: Report, work: Work, status: Status, told: Vec<Notice>, now: Instant) {
        for notice in told {
            match notice {
                Notice::Published => (self.trouble, self.aside, self.recovered) = (None, None, None),
                Notice::Trouble { head, lines } => self.trouble = Some((head, lines, now)),
                Notice::Recovered => (self.trouble, self.recovered) = (None, Some(now)),
                Notice::Aside(words) => self.aside = Some((words, now)),
            }
        }
        let old = std::mem::replace(&mut self.report, report);
        if self.report.edition.generation > old.edition.generation && old.users > 0 && self.before.is_none() {
            self.before = Some((old, now));
        }
        let enough = self.report.users >= ENOUGH_USERS;
        let settled =
            |(_, since): &mut (Report, Instant)| enough || now.duration_since(*since) >= ENOUGH_TIME;
        if let Some((before, _)) = self.before.take_if(settled) {
            self.marks = changes(&before, &self.report, now + MARKED);
            self.turn_to_changes(now);
        }
        self.marks.retain(|mark| mark.until > now);
        self.selected = self.selected.min(self.report.flags.len().saturating_sub(1));
        self.work = work;
        self.status = Some(status);
        self.speeds.push_back((now, work));
        while self.speeds.get(1).is_some_and(|(at, _)| now.duration_since(*at) > WINDOW) {
            self.speeds.pop_front();
        }
    }

    /// Selects the first flag that changed, unless somebody is looking at something.
    fn turn_to_changes(&mut self, now: Instant) {
        let looking = self.pressed.is_some_and(|at| now.duration_since(at) < LOOKING);
        let marked = |flag: &FlagReport| self.marks.iter().any(|mark| mark.flag == flag.key);
        if let Some(place) = self.report.flags.iter().position(marked).filter(|_| !looking) {
            (self.selected, self.scrolled) = (place, 0);
        }
    }

    fn press(&mut self, key: KeyCode, now: Instant) {
        let last = self.report.flags.len().saturating_sub(1);
        let selected = self.selected;
        match key {
            KeyCode::Up | KeyCode::Char('k') => self.selected = selected.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => self.selected = (selected + 1).min(last),
            KeyCode::Home | KeyCode::Char('g') => self.selected = 0,
            KeyCode::End | KeyCode::Char('G') => self.selected = last,
            KeyCode::PageDown | KeyCode::Char(' ') => self.scrolled += 5,
            KeyCode::PageUp => self.scrolled = self.scrolled.saturating_sub(5),
            _ => return,
        }
        if self.selected != selected {
            self.scrolled = 0;
        }
        self.pressed = Some(now);
    }

    /// The whole screen.
    fn frame(&mut self, columns: usize, rows: usize, now: Instant) -> Vec<Line> {
        let mut lines = self.head(columns, now);
        let room = rows.saturating_sub(lines.len());
        let longest = self.longest_block();
        // The upper part gets what the longest block of the lower leaves, half of the room at least.
        let upper = room.saturating_sub(longest).max(room / 2).min(self.report.flags.len() + 1);
        lines.extend(self.overview(columns, upper));
        let lower = rows.saturating_sub(lines.len());
        lines.extend(self.details(columns, lower));
        lines.truncate(rows);
        lines
    }

    fn longest_block(&self) -> usize {
        self.report.flags.iter().map(|flag| flag.rows.len() + 1).max().unwrap_or(0)
    }

    fn head(&self, columns: usize, now: Instant) -> Vec<Line> {
        let mut title = Line::new().with(Style::BOLD, " waterspout simulate ");
        title.push(Style::PLAIN, safe(self.simulation.file.name()));
        title.push_right(Style::FAINT, "↑↓ flag  PgUp PgDn scroll  q quit ", columns);
        let mut lines = vec![title];
        lines.extend(self.health(columns, now));
        lines.push(self.speed());
        if !self.simulation.facts.is_empty() {
            let facts: Vec<String> = self.simulation.facts.iter().map(ToString::to_string).collect();
            lines.push(Line::new().with(Style::FAINT, format!(" {}", facts.join(", "))));
        }
        lines
    }

    /// Which flags serve, and what is wrong with the file.
    fn health(&self, columns: usize, now: Instant) -> Vec<Line> {
        let Some(status) = &self.status else { return vec![Line::new()] };
        let digits = if columns >= 110 { 32 } else { 12 };
        let fingerprint = format!("{:032x}", status.fingerprint);
        let fingerprint = &fingerprint[..digits];
        let flags = counted(status.flags as u64, "flag", "flags");
        if let Some((head, found, since)) = &self.trouble {
            let style = Style::BAD.bold();
            let mut lines = vec![
                Line::new().with(style, format!(" ● {head}, {}", ago(now.duration_since(*since)))).with(
                    Style::BAD,
                    format!(". Generation {} serves, fingerprint {fingerprint}", status.generation),
                ),
            ];
            for finding in found.iter().take(FINDINGS) {
                lines.extend(wrapped(finding, columns, "   "));
            }
            if found.len() > FINDINGS {
                lines.push(Line::new().with(Style::BAD, format!("   and {} more", found.len() - FINDINGS)));
            }
            return lines;
        }
        let new = status.generation > 1 && status.age < MARKED;
        let style = if new { Style::CHANGED } else { Style::GOOD };
        let mut line = Line::new().with(style.bold(), " ● ");
        if self.recovered.is_some_and(|at| now.duration_since(at) < MARKED) {
            line.push(style, "the file is well again, ");
        }
        line.push(style, format!("generation {} serves", status.generation));
        line.push(Style::PLAIN, format!(", fingerprint {fingerprint}, {flags}, {}", ago(status.age)));
        let mut lines = vec![line];
        if let Some((words, _)) = &self.aside {
            lines.push(Line::new().with(Style::CHANGED, format!("   but {words}")));
        }
        lines
    }

    fn speed(&self) -> Line {
        let mut line = Line::new().with(Style::PLAIN, format!(" {} users", rounded(self.work.users as f64)));
        line.push(Style::PLAIN, format!(", {} checks", rounded(self.work.checks as f64)));
        if let (Some((from, first)), Some((to, last))) = (self.speeds.front(), self.speeds.back()) {
            let (seconds, checks) = (to.duration_since(*from).as_secs_f64(), last.checks - first.checks);
            if seconds > 0.0 && checks > 0 {
                let recent = Work { users: 0, checks, asking: last.asking - first.asking };
                let threads = counted(self.workers as u64, "thread", "threads");
                line.push(Style::PLAIN, ": ");
                line.push(Style::BOLD, format!("{} checks/s", rounded(checks as f64 / seconds)));
                line.push(Style::PLAIN, format!(" on {threads}, {:.0} ns each", plain::each(&recent)));
            }
        }
        line
    }

    /// One line for each flag; as many as there is room for, the selected one among them.
    fn overview(&self, columns: usize, room: usize) -> Vec<Line> {
        let flags = &self.report.flags;
        if room < 2 {
            return Vec::new();
        }
        let keys = flags.iter().map(|flag| width(&flag.key)).max().unwrap_or(0).min(columns / 3).max(4);
        let bar = match columns {
            130.. => 36,
            100.. => 18,
            70.. => 12,
            50.. => 8,
            _ => 0,
        };
        let from = (self.selected + 1).saturating_sub(room - 1);
        let shown = &flags[from..flags.len().min(from + room - 1)];
        let mut head = format!("   {}  share of the users, in per cent", fit("flag", keys));
        if shown.len() < flags.len() {
            head += &format!(" ({} of {} flags)", shown.len(), grouped(flags.len() as u64));
        }
        let mut lines = vec![Line::new().with(Style::FAINT, head)];
        for (place, flag) in shown.iter().enumerate() {
            let selected = from + place == self.selected;
            let marked = self.marks.iter().any(|mark| mark.flag == flag.key);
            let mut line = Line::new().with(Style::CHANGED, if marked { "●" } else { " " });
            line.push(Style::BOLD, if selected { "▸ " } else { "  " });
            line.push(if selected { Style::BOLD } else { Style::PLAIN }, fit(&flag.key, keys) + "  ");
            push_stacked(&mut line, flag, self.report.users, bar);
            for (row, (_, style)) in flag.variants().zip(looks(flag)) {
                line.push(style, row.subject.label());
                line.push(Style::PLAIN, format!(" {}  ", percent(row.count, self.report.users)));
            }
            lines.push(line);
        }
        lines
    }

    /// The rows of the selected flag, and of those behind it as far as there is room.
    fn details(&mut self, columns: usize, room: usize) -> Vec<Line> {
        let blocks: Vec<Line> = self.report.flags[self.selected.min(self.report.flags.len())..]
            .iter()
            .flat_map(|flag| self.block(flag, columns))
            .take(room + self.scrolled + 200)
            .collect();
        self.scrolled = self.scrolled.min(blocks.len().saturating_sub(room));
        blocks.into_iter().skip(self.scrolled).take(room).collect()
    }

    fn block(&self, flag: &FlagReport, columns: usize) -> Vec<Line> {
        let mut title = Line::new().with(Style::FAINT, "── ").with(Style::BOLD, format!("{} ", flag.key));
        for part in [&flag.about, &flag.description] {
            if !part.is_empty() {
                title.push(Style::FAINT, "── ");
                title.push(Style::PLAIN, format!("{part} "));
            }
        }
        let title = title.cut(columns);
        let rest = columns.saturating_sub(title.width());
        let mut lines = vec![title.with(Style::FAINT, "─".repeat(rest))];
        let labels =
            self.report.flags.iter().flat_map(|flag| &flag.rows).map(|row| width(&row.subject.label()));
        let labels = labels.max().unwrap_or(0).min((columns / 3).max(12)).min(44);
        let bar = match columns {
            130.. => 30,
            70.. => 12,
            _ => 0,
        };
        let styles = looks(flag);
        for (place, row) in flag.rows.iter().enumerate() {
            let (fill, style) = match row.subject {
                Subject::Variant { .. } => styles.get(place).copied().unwrap_or_default(),
                _ => ('▪', Style::FAINT),
            };
            let mark = self.marks.iter().find(|mark| mark.flag == flag.key && mark.subject == row.subject);
            let mut line = Line::new().with(Style::CHANGED, if mark.is_some() { "●  " } else { "   " });
            let label = match row.subject {
                Subject::Variant { .. } => style,
                _ => Style::PLAIN,
            };
            line.push(label, fit(&row.subject.label(), labels));
            let share = format!(" {:>5} %  ", percent(row.count, self.report.users));
            line.push(if mark.is_some() { Style::CHANGED.bold() } else { Style::PLAIN }, share);
            // Where there is little room, what was stands in the place of the bar.
            let both = bar >= 20 || mark.is_none();
            if bar > 0 && both {
                let filled = cells(row.count, self.report.users, bar);
                line.push(style, fill.to_string().repeat(filled));
                line.push(Style::PLAIN, " ".repeat(bar - filled + 2));
            }
            if let Some(mark) = mark {
                let room = if both { 0 } else { bar };
                line.push(Style::CHANGED, fit(&mark.was, room.max(width(&mark.was))) + "  ");
            }
            line.push(Style::PLAIN, self.rest(row, columns.saturating_sub(line.width())));
            lines.push(line);
        }
        lines
    }

    /// What stands behind a row: the first people who got it, or what the file says.
    fn rest(&self, row: &Row, room: usize) -> String {
        if !row.says.is_empty() {
            return cut(&row.says, room);
        }
        let mut rest = String::new();
        for person in row.people() {
            let more = if rest.is_empty() { person } else { format!(", {person}") };
            if width(&rest) + width(&more) > room {
                break;
            }
            rest += &more;
        }
        rest
    }
}

/// A character and a style for each variant: `off` is faint, the others have a colour and a filling of their own.
fn looks(flag: &FlagReport) -> Vec<(char, Style)> {
    const FILLS: [char; 3] = ['█', '▓', '▒'];
    const COLORS: [Color; 4] = [Color::DarkGreen, Color::DarkCyan, Color::DarkMagenta, Color::DarkYellow];
    let mut number = 0;
    let looks = flag.variants().map(|row| match row.subject {
        Subject::Variant { off: true, .. } => ('░', Style::FAINT),
        _ => {
            number += 1;
            (FILLS[(number - 1) % FILLS.len()], Style::of(COLORS[(number - 1) % COLORS.len()]))
        }
    });
    looks.collect()
}

/// A bar in which each variant has its share.
fn push_stacked(line: &mut Line, flag: &FlagReport, users: u64, bar: usize) {
    if bar == 0 {
        return;
    }
    let (mut counted, mut drawn) = (0, 0);
    for (row, (fill, style)) in flag.variants().zip(looks(flag)) {
        counted += row.count;
        let upto = cells(counted, users, bar).max(drawn);
        line.push(style, fill.to_string().repeat(upto - drawn));
        drawn = upto;
    }
    line.push(Style::PLAIN, " ".repeat(bar - drawn + 2));
}

fn cells(part: u64, whole: u64, bar: usize) -> usize {
    ((part as f64 / whole.max(1) as f64 * bar as f64).round() as usize).min(bar)
}

/// What differs between two generations by more than chance, or by what the file says.
fn changes(before: &Report, after: &Report, until: Instant) -> Vec<Mark> {
    let mut marks = Vec::new();
    for flag in &after.flags {
        let old = before.flags.iter().find(|old| old.key == flag.key);
        for row in &flag.rows {
            let old = old.and_then(|old| old.rows.iter().find(|old| is_same(&old.subject, &row.subject)));
            let was = match old {
                None => "new".to_owned(),
                Some(old) if differs((old.count, before.users), (row.count, after.users)) => {
                    format!("was {} %", percent(old.count, before.users))
                }
                Some(old) if old.says != row.says => format!("was {}", old.says),
                Some(_) => continue,
            };
            marks.push(Mark { flag: flag.key.clone(), subject: row.subject.clone(), was, until });
        }
    }
    marks
}

/// A rule keeps its name when it moves.
fn is_same(old: &Subject, new: &Subject) -> bool {
    match (old, new) {
        (Subject::Rule { name: Some(old), .. }, Subject::Rule { name: Some(new), .. }) => old == new,
        (Subject::Variant { name: old, .. }, Subject::Variant { name: new, .. }) => old == new,
        (old, new) => old == new,
    }
}

/// Whether two shares differ by more than four standard errors, and by something that can be seen.
fn differs(old: (u64, u64), new: (u64, u64)) -> bool {
    let share = |(part, whole): (u64, u64)| part as f64 / whole.max(1) as f64;
    let error = |(part, whole): (u64, u64)| {
        let share = share((part, whole));
        share * (1.0 - share) / whole.max(1) as f64
    };
    (share(old) - share(new)).abs() > 0.0005 + 4.0 * (error(old) + error(new)).sqrt()
}

/// A finding in as many lines as it takes.
fn wrapped(text: &str, columns: usize, indent: &str) -> Vec<Line> {
    let room = columns.saturating_sub(width(indent)).max(1);
    let (mut lines, mut line) = (Vec::new(), String::new());
    for word in text.split(' ') {
        if !line.is_empty() && width(&line) + 1 + width(word) > room {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines.into_iter().map(|line| Line::new().with(Style::BAD, format!("{indent}{line}"))).collect()
}

fn ago(time: Duration) -> String {
    match time.as_secs() {
        0 => "just now".to_owned(),
        seconds @ ..120 => format!("{seconds} s ago"),
        seconds @ ..7200 => format!("{} min ago", seconds / 60),
        seconds => format!("{} h ago", seconds / 3600),
    }
}

#[cfg(test)]
mod tests {
    use waterspout::Time;
    use waterspout::flag_set::FlagSet;

    use super::super::work::Theatre;
    use super::super::{FlagFile, facts};
    use super::*;

    const FILE: &str = r#"{ "version": 1,
        "attributes": { "region": { "type": "string", "one_of": ["eu", "us"], "fact": true } },
        "segments": { "a": { "keys": ["ada", "\u202eb\u001b[2Jb"] } },
        "flags": {
            "first": { "description": "\u001b[31m red", "rules": [
                { "name": "\u2066 \u001b]0;title\u0007", "when": { "segment": "a" } }, { "rollout": ROLLOUT }
            ] },
            "second-with-a-very-long-name-that-does-not-fit-in-any-column-of-the-table-not-even-a-wide-one-12345": {
                "variants": { "a": 1, "b": 2, "c": 3, "d": null }, "default": "a",
                "rules": [{ "split": [{ "a": 25 }, { "b": 25 }, { "c": 25 }, { "d": 25 }] }] }
        } }"#;

    fn simulation(rollout: &str) -> Simulation {
        let text = FILE.replace("ROLLOUT", rollout);
        let folder = std::env::temp_dir().join(format!("waterspout-live-{}-{rollout}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("flags.json");
        std::fs::write(&path, &text).unwrap();
        let file = FlagFile::open(&path).unwrap_or_else(|stop| panic!("{stop:?}"));
        std::fs::remove_dir_all(&folder).unwrap();
        let set = FlagSet::parse(&text).unwrap();
        let facts = facts(&[], &set).unwrap_or_else(|stop| panic!("{stop:?}"));
        let theatre = Arc::new(Theatre::new(&set, 0));
        Simulation { file, path, theatre, seed: 0, facts, now: Time::parse("2026-12-01"), threads: 1 }
    }

    /// What 100,000 users get, as the given generation.
    fn counted(simulation: &Simulation, rollout: &str, generation: u64) -> (Report, Work, Status) {
        let flags = waterspout::Loader::text(FILE.replace("ROLLOUT", rollout))
            .facts(super::super::loaded(&simulation.facts))
            .read_once()
            .unwrap();
        let mut crew = Crew::start(&flags, &simulation.theatre, 1, Some(100_000));
        assert!(crew.finish());
        let (mut tally, work) = crew.counts();
        tally.edition.generation = generation;
        (Report::of(&simulation.theatre.stage().layout, &tally), work, flags.status())
    }

    fn text(lines: &[Line]) -> String {
        lines.iter().map(|line| line.text() + "\n").collect()
    }

    #[test]
    fn an_edit_marks_what_it_changed_and_nothing_else() {
        let simulation = simulation("5");
        let mut table = Table::new(&simulation, 1);
        let now = Instant::now();
        let (report, work, status) = counted(&simulation, "5", 1);
        table.update(report, work, status.clone(), vec![Notice::Published], now);
        assert!(table.marks.is_empty());

        let (report, work, status) = counted(&simulation, "25", 2);
        table.update(report, work, status, vec![Notice::Published], now);
        let shown = text(&table.frame(120, 40, now));
        assert_eq!(table.marks.len(), 4, "on, off, the rule, no rule: {shown}");
        assert!(table.marks.iter().all(|mark| mark.flag == "first"));
        assert!(shown.contains("●▸ first"), "{shown}");
        assert!(shown.contains("was 4."), "{shown}");

        table.update(table.report.clone(), work, table.status.clone().unwrap(), Vec::new(), now + MARKED);
        assert!(table.marks.is_empty());
    }

    #[test]
    fn a_refusal_is_told_until_the_file_is_well_again() {
        let simulation = simulation("6");
        let mut table = Table::new(&simulation, 1);
        let now = Instant::now();
        let (report, work, status) = counted(&simulation, "6", 1);
        let lines: Vec<String> =
            (1..=5).map(|line| format!("flags.json:{line}:1: error[syntax]: no")).collect();
        let trouble = Notice::Trouble { head: "REFUSED: 5 faults".to_owned(), lines };
        table.update(report.clone(), work, status.clone(), vec![trouble], now);
        let shown = text(&table.frame(80, 24, now + Duration::from_secs(3)));
        assert!(shown.contains("● REFUSED: 5 faults, 3 s ago. Generation 1 serves"), "{shown}");
        assert!(shown.contains("flags.json:3:1") && shown.contains("and 2 more"), "{shown}");
        table.update(report, work, status, vec![Notice::Recovered], now);
        let shown = text(&table.frame(80, 24, now));
        assert!(
            shown.contains("● the file is well again, generation 1 serves") && !shown.contains("REFUSED"),
            "{shown}"
        );
    }

    #[test]
    fn the_table_fits_every_terminal_and_commands_none() {
        let simulation = simulation("7");
        let mut table = Table::new(&simulation, 1);
        let now = Instant::now();
        let (report, work, status) = counted(&simulation, "7", 1);
        table.update(report, work, status, vec![Notice::Aside("a fault".to_owned())], now);
        for columns in 0..200 {
            for rows in [0, 1, 2, 5, 9, 24, 60] {
                let lines = table.frame(columns, rows, now);
                assert!(lines.len() <= rows, "{columns}x{rows}");
                for line in lines {
                    let line = line.cut(columns);
                    assert!(line.width() <= columns, "{columns}x{rows}: {}", line.text());
                    assert!(!line.text().contains(super::super::text::is_hidden), "{:?}", line.text());
                }
            }
        }
    }

    #[test]
    fn keys_move_within_the_table() {
        let simulation = simulation("8");
        let mut table = Table::new(&simulation, 1);
        let now = Instant::now();
        let (report, work, status) = counted(&simulation, "8", 1);
        table.update(report, work, status, Vec::new(), now);
        for (key, selected) in
            [(KeyCode::Up, 0), (KeyCode::Down, 1), (KeyCode::Down, 1), (KeyCode::Home, 0), (KeyCode::End, 1)]
        {
            table.press(key, now);
            assert_eq!(table.selected, selected, "{key:?}");
        }
        for _ in 0..100 {
            table.press(KeyCode::PageDown, now);
        }
        let shown = text(&table.frame(80, 12, now));
        assert!(shown.contains("no rule applies"), "scrolled to the end, not beyond: {shown}");
    }

    #[test]
    fn chance_is_no_change() {
        assert!(!differs((5_000, 100_000), (5_150, 100_000)));
        assert!(differs((5_000, 100_000), (6_000, 100_000)));
        assert!(!differs((0, 100_000), (0, 50_000)));
        assert!(!differs((1_000_000, 10_000_000), (1_000_900, 10_000_000)), "too little to be seen");
    }
}
