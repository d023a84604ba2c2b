//! The layout: which things stand on one line, and how far in.

use super::WIDTH;
use super::layout::{Body, Comment, Document, Item, List};

/// What a reader looks for first is always opened, however short it is.
const ALWAYS_OPEN: [&str; 3] = ["\"attributes\"", "\"segments\"", "\"flags\""];

pub(super) fn print(document: &Document<'_>) -> String {
    let mut printer = Printer { out: String::new() };
    printer.item(&document.root, Place { steps: 0, is_first: true, comma: "" });
    for comment in &document.tail {
        printer.own_line(comment, Place { steps: 0, is_first: false, comma: "" });
    }
    printer.out
}

/// Where an item stands.
#[derive(Clone, Copy)]
struct Place<'c> {
    /// How far in.
    steps: usize,
    /// Whether nothing stands before it in its list.
    is_first: bool,
    /// What separates it from the next.
    comma: &'c str,
}

struct Printer {
    out: String,
}

impl Printer {
    /// An item and its comments, from the start of a line to the end of one.
    fn item(&mut self, item: &Item<'_>, place: Place<'_>) {
        let on_line =
            item.before.iter().rev().take_while(|comment| comment.is_inline() && !comment.ends_line).count();
        let (own, beside) = item.before.split_at(item.before.len() - on_line);
        for (at, comment) in own.iter().enumerate() {
            self.own_line(comment, Place { is_first: place.is_first && at == 0, ..place });
        }
        let is_first = place.is_first && own.is_empty();
        let after_blank = beside.first().map_or(item.after_blank, |first| first.after_blank);
        self.begin_line(after_blank && !is_first, place.steps);
        for comment in beside {
            self.out.push_str(comment.text);
            self.out.push(' ');
        }
        if let Some(key) = &item.key {
            self.out.push_str(key.text);
            self.comments(&key.behind);
            self.out.push(':');
            self.comments(&key.behind_colon);
            self.out.push(' ');
        }
        match &item.body {
            Body::Scalar(text) => self.out.push_str(text),
            Body::List(list) => self.list(list, place.steps, is_always_open(item, place.steps)),
        }
        self.comments(&item.behind);
        self.out.push_str(place.comma);
        self.comments(&item.behind_comma);
        self.out.push('\n');
    }

    fn begin_line(&mut self, after_blank: bool, steps: usize) {
        if after_blank {
            self.out.push('\n');
        }
        self.out.push_str(&"  ".repeat(steps));
    }

    fn own_line(&mut self, comment: &Comment<'_>, place: Place<'_>) {
        self.begin_line(comment.after_blank && !place.is_first, place.steps);
        self.push_comment(comment);
        self.out.push('\n');
    }

    /// Comments behind something, on its line.
    fn comments(&mut self, comments: &[Comment<'_>]) {
        for comment in comments {
            self.out.push(' ');
            self.push_comment(comment);
        }
    }

    fn push_comment(&mut self, comment: &Comment<'_>) {
        self.out.push_str(&comment.text.replace("\r\n", "\n"));
    }

    fn list(&mut self, list: &List<'_>, steps: usize, opened: Option<Opened>) {
        let line = self.out.rsplit('\n').next().unwrap_or_default().chars().count();
        // A comma may follow.
        let room = WIDTH.saturating_sub(line + 1);
        if let Some(text) = inline_list(list, room).filter(|_| opened.is_none()) {
            self.out.push_str(&text);
            return;
        }
        self.out.push_str(list.open);
        self.comments(&list.head);
        self.out.push('\n');
        let steps_inside = steps + 1;
        for (at, item) in list.items.iter().enumerate() {
            let comma = if at + 1 < list.items.len() { "," } else { "" };
            self.item(item, Place { steps: steps_inside, is_first: at == 0, comma });
        }
        for (at, comment) in list.tail.iter().enumerate() {
            let is_first = at == 0 && list.items.is_empty();
            self.own_line(comment, Place { steps: steps_inside, is_first, comma: "" });
        }
        self.out.push_str(&"  ".repeat(steps));
        self.out.push_str(list.close);
    }
}

/// That a list is opened although it might fit on a line.
struct Opened;

fn is_always_open(item: &Item<'_>, steps: usize) -> Option<Opened> {
    let Body::List(list) = &item.body else { return None };
    let is_of_note = match &item.key {
        None => steps == 0,
        Some(key) => steps == 1 && ALWAYS_OPEN.contains(&key.text),
    };
    (is_of_note && !list.items.is_empty()).then_some(Opened)
}

/// A list on one line, if it may stand so and has room.
fn inline_list(list: &List<'_>, room: usize) -> Option<String> {
    if list.items.is_empty() && list.tail.is_empty() && list.head.is_empty() {
        return Some(format!("{}{}", list.open, list.close));
    }
    if list.was_open || !are_inline(&list.tail) {
        return None;
    }
    let mut text = String::new();
    for (at, item) in list.items.iter().enumerate() {
        if at > 0 {
            text.push(' ');
        }
        text.push_str(&inline_item(item, room)?);
        text.push_str(if at + 1 < list.items.len() { "," } else { "" });
        text.extend(item.behind_comma.iter().flat_map(|comment| [" ", comment.text]));
        if text.chars().count() > room {
            return None;
        }
    }
    for comment in &list.tail {
        text.push_str(if text.is_empty() { "" } else { " " });
        text.push_str(comment.text);
    }
    let text = if list.open == "{" { format!("{{ {text} }}") } else { format!("[{text}]") };
    (text.chars().count() <= room).then_some(text)
}

fn inline_item(item: &Item<'_>, room: usize) -> Option<String> {
    let comments = [&item.before, &item.behind, &item.behind_comma];
    if !comments.iter().all(|comments| are_inline(comments)) {
        return None;
    }
    let mut text = String::new();
    text.extend(item.before.iter().flat_map(|comment| [comment.text, " "]));
    if let Some(key) = &item.key {
        text.push_str(key.text);
        text.extend(key.behind.iter().flat_map(|comment| [" ", comment.text]));
        text.push(':');
        text.extend(key.behind_colon.iter().flat_map(|comment| [" ", comment.text]));
        text.push(' ');
    }
    match &item.body {
        Body::Scalar(scalar) => text.push_str(scalar),
        Body::List(list) => text.push_str(&inline_list(list, room)?),
    }
    text.extend(item.behind.iter().flat_map(|comment| [" ", comment.text]));
    Some(text)
}

/// Whether comments can stand on a line with what is around them.
fn are_inline(comments: &[Comment<'_>]) -> bool {
    comments.iter().all(|comment| comment.is_inline() && !comment.begins_line && !comment.ends_line)
}
