//! The terminal: lines of styled text, drawn without flicker, and everything put back at the end.

use std::io::{self, Stdout, Write};
use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::style::{Attribute, Color, SetAttribute, SetForegroundColor};
use crossterm::terminal::{
    self, BeginSynchronizedUpdate, Clear, ClearType, DisableLineWrap, EnableLineWrap, EndSynchronizedUpdate,
    EnterAlternateScreen, LeaveAlternateScreen,
};
use crossterm::{execute, queue};

use super::text::{cut, width};

/// How a text looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Style {
    color: Option<Color>,
    weight: Option<Attribute>,
}

impl Style {
    pub(super) const PLAIN: Style = Style { color: None, weight: None };
    pub(super) const BOLD: Style = Style::PLAIN.bold();
    /// Not a colour: grey is the colour of the ground in some terminals.
    pub(super) const FAINT: Style = Style { color: None, weight: Some(Attribute::Dim) };
    pub(super) const GOOD: Style = Style::of(Color::DarkGreen);
    pub(super) const BAD: Style = Style::of(Color::Red);
    pub(super) const CHANGED: Style = Style::of(Color::DarkYellow);

    pub(super) const fn of(color: Color) -> Style {
        Style { color: Some(color), weight: None }
    }

    pub(super) const fn bold(self) -> Style {
        Style { color: self.color, weight: Some(Attribute::Bold) }
    }
}

/// A line of the screen.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    spans: Vec<(Style, String)>,
}

impl Line {
    pub(super) fn new() -> Line {
        Line::default()
    }

    pub(super) fn with(mut self, style: Style, text: impl Into<String>) -> Line {
        self.push(style, text);
        self
    }

    pub(super) fn push(&mut self, style: Style, text: impl Into<String>) {
        self.spans.push((style, text.into()));
    }

    pub(super) fn width(&self) -> usize {
        self.spans.iter().map(|(_, text)| width(text)).sum()
    }

    /// Adds a text that ends at a column, where there is room for it.
    pub(super) fn push_right(&mut self, style: Style, text: &str, columns: usize) {
        let room = columns.saturating_sub(self.width());
        if let Some(gap) = room.checked_sub(width(text)).filter(|gap| *gap > 0) {
            self.push(Style::PLAIN, " ".repeat(gap));
            self.push(style, text);
        }
    }

    /// The line in at most so many cells; an ellipsis says that there was more.
    pub(super) fn cut(self, columns: usize) -> Line {
        if self.width() <= columns {
            return self;
        }
        let (mut spans, mut left) = (Vec::new(), columns);
        for (style, text) in self.spans {
            if width(&text) < left {
                left -= width(&text);
                spans.push((style, text));
            } else {
                // Something follows: this is where the ellipsis goes.
                spans.push((style, cut(&(text + "  "), left)));
                break;
            }
        }
        Line { spans }
    }

    #[cfg(test)]
    pub(super) fn text(&self) -> String {
        self.spans.iter().map(|(_, text)| text.as_str()).collect()
    }

    fn encode(&self, colors: bool) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        for (style, text) in &self.spans {
            queue!(bytes, SetAttribute(Attribute::Reset))?;
            if let Some(weight) = style.weight {
                queue!(bytes, SetAttribute(weight))?;
            }
            if let Some(color) = style.color.filter(|_| colors) {
                queue!(bytes, SetForegroundColor(color))?;
            }
            bytes.extend(text.as_bytes());
        }
        queue!(bytes, SetAttribute(Attribute::Reset))?;
        Ok(bytes)
    }
}

/// Whether the terminal is ours. Whoever gives it back takes this first.
static OURS: AtomicBool = AtomicBool::new(false);

/// The terminal while it is ours. Dropping this puts back what was there, and so does a panic on any thread.
pub(super) struct Screen {
    out: Stdout,
    colors: bool,
    size: (u16, u16),
    drawn: Vec<Vec<u8>>,
}

impl Screen {
    pub(super) fn open(colors: bool) -> io::Result<Screen> {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let tell = panic::take_hook();
            panic::set_hook(Box::new(move |panic| {
                give_back();
                tell(panic);
            }));
        });
        let size = terminal::size()?;
        terminal::enable_raw_mode()?;
        OURS.store(true, Ordering::SeqCst);
        // From here on a drop gives the terminal back.
        let mut screen = Screen { out: io::stdout(), colors, size, drawn: Vec::new() };
        execute!(screen.out, EnterAlternateScreen, Hide, DisableLineWrap, Clear(ClearType::All))?;
        Ok(screen)
    }

    /// Whether a panic has given the terminal back already.
    pub(super) fn is_lost(&self) -> bool {
        !OURS.load(Ordering::SeqCst)
    }

    /// Columns and rows.
    pub(super) fn size(&self) -> (usize, usize) {
        (usize::from(self.size.0), usize::from(self.size.1))
    }

    /// The terminal has another size: everything is drawn anew.
    pub(super) fn resize(&mut self, columns: u16, rows: u16) {
        self.size = (columns, rows);
        self.drawn.clear();
    }

    /// Shows the lines from the top. What is on the screen already is not written again.
    pub(super) fn draw(&mut self, lines: Vec<Line>) -> io::Result<()> {
        let mut lines = lines.into_iter();
        let (columns, rows) = self.size();
        let anew = self.drawn.is_empty();
        let mut wanted = Vec::new();
        for _ in 0..rows {
            let mut line = lines.next().unwrap_or_default().cut(columns);
            // Up to the edge, so that nothing has to be cleared, and nothing flickers.
            line.push(Style::PLAIN, " ".repeat(columns.saturating_sub(line.width())));
            wanted.push(line.encode(self.colors)?);
        }
        let mut bytes = Vec::new();
        queue!(bytes, BeginSynchronizedUpdate)?;
        if anew {
            queue!(bytes, Clear(ClearType::All))?;
        }
        for (row, line) in wanted.iter().enumerate() {
            if anew || self.drawn.get(row) != Some(line) {
                queue!(bytes, MoveTo(0, u16::try_from(row).unwrap_or(u16::MAX)))?;
                bytes.extend(line);
            }
        }
        queue!(bytes, EndSynchronizedUpdate)?;
        self.drawn = wanted;
        if self.is_lost() {
            return Ok(());
        }
        self.out.write_all(&bytes)?;
        self.out.flush()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Puts back what was there before. There is nobody to tell if that fails.
pub(super) fn give_back() {
    if OURS.swap(false, Ordering::SeqCst) {
        let _ = execute!(
            io::stdout(),
            EndSynchronizedUpdate,
            SetAttribute(Attribute::Reset),
            EnableLineWrap,
            Show,
            LeaveAlternateScreen
        );
        let _ = terminal::disable_raw_mode();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_where_the_terminal_ends() {
        let line = || Line::new().with(Style::BOLD, "abc").with(Style::PLAIN, "def");
        assert_eq!(line().cut(6).text(), "abcdef");
        assert_eq!(line().cut(5).text(), "abcd…");
        assert_eq!(line().cut(3).text(), "ab…");
        assert_eq!(line().cut(0).text(), "");
    }

    #[test]
    fn without_colors_only_weight_is_left() {
        let line = Line::new().with(Style::BAD.bold(), "no");
        assert!(String::from_utf8(line.encode(true).unwrap()).unwrap().contains("9m"));
        assert_eq!(line.encode(false).unwrap(), b"\x1b[0m\x1b[1mno\x1b[0m");
    }
}
