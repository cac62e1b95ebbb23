//! `dynamo trace step`: walks through a trace in the terminal.

use super::super::Failure;
use super::show::title;
use anyhow::{Context as _, anyhow};
use dynamo_invariants::catalogue::PROPERTIES;
use dynamo_invariants::describe::diagram::Row;
use dynamo_invariants::describe::{self, Change, Fact, diagram};
use dynamo_invariants::property::{Kind, Property};
use dynamo_invariants::trace::Trace;
use dynamo_invariants::trace::replay::Run;
use ratatui::Frame;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style, Stylize as _};
use ratatui::text::Line;
use ratatui::widgets::{Block, List, ListItem, ListState, Paragraph, Wrap};
use std::io::IsTerminal as _;

const HELP: &str =
    " → forward  ← back  Home End  v to the violation  ↑ ↓ scroll the state  q quit ";

pub(super) fn run(trace: &Trace) -> Result<(), Failure> {
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        return Err(Failure::Usage(anyhow!(
            "dynamo trace step needs a terminal: use dynamo trace show instead"
        )));
    }
    let mut walk = Walk::new(trace);
    let mut terminal = ratatui::init();
    let outcome = loop {
        if let Err(error) = terminal.draw(|frame| walk.draw(frame)) {
            break Err(error);
        }
        match event::read() {
            Ok(Event::Key(key)) if key.kind == KeyEventKind::Press => {
                if !walk.goes_on_after(key.code, key.modifiers) {
                    break Ok(());
                }
            }
            Ok(_) => {}
            Err(error) => break Err(error),
        }
    };
    ratatui::restore();
    outcome.context("the terminal failed").map_err(Failure::Operation)?;
    trace.replay().map(|_| ()).map_err(Failure::operation)
}

/// A position in a trace, and what the screen shows there.
struct Walk<'a> {
    trace: &'a Trace,
    run: Run,
    rows: Vec<Row>,
    facts: Vec<Vec<Fact>>,
    /// Each violated property, with the index of the first state that violates it.
    violated: Vec<(&'static Property, usize)>,
    /// The index of the state shown.
    at: usize,
    /// How many lines of the state are scrolled out of view.
    scroll: u16,
}

impl<'a> Walk<'a> {
    fn new(trace: &'a Trace) -> Self {
        let (run, _) = trace.run();
        let rows = diagram::rows(&run);
        let facts = run.states.iter().map(|state| describe::facts(&run.model, state)).collect();
        let violated_by = |property: &'static Property| {
            let begins = if property.kind == Kind::Converges { trace.cycle_from? } else { 0 };
            let holds = |index: &usize| (property.condition)(&run.model, &run.states[*index]);
            (begins..run.states.len()).find(|index| !holds(index)).map(|first| (property, first))
        };
        let promised = PROPERTIES.iter().filter(|property| {
            property.name == trace.property
                || property.kind == Kind::Always && trace.scope().excuse(property).is_none()
        });
        let violated = promised.filter_map(violated_by).collect();
        Walk { trace, run, rows, facts, violated, at: 0, scroll: 0 }
    }

    fn last(&self) -> usize {
        self.run.events.len()
    }

    /// The first state that violates the trace's own property.
    fn violation(&self) -> usize {
        let own = self.violated.iter().find(|(property, _)| property.name == self.trace.property);
        own.map_or(self.last(), |(_, first)| *first)
    }

    /// Handles a key. Returns false if the user quits.
    fn goes_on_after(&mut self, key: KeyCode, modifiers: KeyModifiers) -> bool {
        let before = self.at;
        match key {
            KeyCode::Char('c') if modifiers.contains(KeyModifiers::CONTROL) => return false,
            KeyCode::Char('q') | KeyCode::Esc => return false,
            KeyCode::Right | KeyCode::Char('n' | 'l' | ' ') => {
                self.at = (self.at + 1).min(self.last());
            }
            KeyCode::Left | KeyCode::Char('p' | 'h') => self.at = self.at.saturating_sub(1),
            KeyCode::Home | KeyCode::Char('g') => self.at = 0,
            KeyCode::End | KeyCode::Char('G') => self.at = self.last(),
            KeyCode::Char('v') => self.at = self.violation(),
            KeyCode::Down | KeyCode::Char('j') => self.scroll = self.scroll.saturating_add(1),
            KeyCode::Up | KeyCode::Char('k') => self.scroll = self.scroll.saturating_sub(1),
            KeyCode::PageDown => self.scroll = self.scroll.saturating_add(10),
            KeyCode::PageUp => self.scroll = self.scroll.saturating_sub(10),
            _ => {}
        }
        if self.at != before {
            self.scroll = 0;
        }
        true
    }

    fn draw(&self, frame: &mut Frame<'_>) {
        let verdicts = self.verdicts();
        let rows = Layout::vertical([
            Constraint::Min(6),
            Constraint::Length((verdicts.len() as u16 + 2).min(8)),
            Constraint::Length(1),
        ]);
        let [above, below, help] = rows.areas(frame.area());
        let [steps, state] =
            Layout::horizontal([Constraint::Percentage(50), Constraint::Percentage(50)])
                .areas(above);
        self.draw_steps(frame, steps);
        self.draw_state(frame, state);
        let unseen = verdicts.len().saturating_sub(usize::from(below.height.saturating_sub(2)));
        let title = match unseen {
            0 => " violated properties ".to_owned(),
            unseen => {
                format!(" violated properties, and {unseen} more below ")
            }
        };
        frame.render_widget(Paragraph::new(verdicts).block(Block::bordered().title(title)), below);
        frame.render_widget(Line::from(HELP).reversed(), help);
    }

    fn draw_steps(&self, frame: &mut Frame<'_>, area: Rect) {
        let mut items = vec![ListItem::new(format!("      {}", diagram::head(&self.run)))];
        for row in &self.rows {
            let round = if self.trace.cycle_from == Some(row.step - 1) { '↻' } else { ' ' };
            let style = if row.is_fault { Style::new().fg(Color::Red) } else { Style::new() };
            items.push(
                ListItem::new(format!("{:>4}{round} {}  {}", row.step, row.lanes, row.text))
                    .style(style),
            );
        }
        let title = format!(" {}: {} ", self.trace.scope, title(self.trace));
        let list = List::new(items)
            .block(Block::bordered().title(title))
            .highlight_style(Style::new().reversed());
        frame.render_stateful_widget(
            list,
            area,
            &mut ListState::default().with_selected(Some(self.at)),
        );
    }

    fn draw_state(&self, frame: &mut Frame<'_>, area: Rect) {
        let title = match self.at {
            0 => " initial state ".to_owned(),
            step => format!(" after step {step} of {} ", self.last()),
        };
        let text = Paragraph::new(self.state()).wrap(Wrap { trim: false }).scroll((self.scroll, 0));
        frame.render_widget(text.block(Block::bordered().title(title)), area);
    }

    /// The whole state; facts that the step changed are marked.
    fn state(&self) -> Vec<Line<'_>> {
        let facts = &self.facts[self.at];
        let changes = match self.at.checked_sub(1) {
            Some(before) => describe::changes(&self.facts[before], facts),
            None => Vec::new(),
        };
        let mut lines = Vec::new();
        let mut of = "";
        for fact in facts {
            if fact.of != of {
                of = &fact.of;
                lines.push(Line::from(of).bold());
            }
            let change =
                changes.iter().find(|change| change.of == fact.of && change.about == fact.about);
            lines.push(match change {
                None => Line::from(format!("    {}: {}", fact.about, fact.text)),
                Some(Change { before: None, .. }) => {
                    Line::from(format!("  + {}: {}", fact.about, fact.text)).yellow()
                }
                Some(Change { before: Some(before), .. }) => {
                    Line::from(format!("  * {}: {before} → {}", fact.about, fact.text)).yellow()
                }
            });
        }
        for gone in changes.iter().filter(|change| change.after.is_none()) {
            let before = gone.before.as_deref().unwrap_or_default();
            lines.push(Line::from(format!("  - {}: {}: {before}", gone.of, gone.about)).dim());
        }
        lines
    }

    /// Each violated property, and whether it holds in this state. A mark shows those violated
    /// first.
    fn verdicts(&self) -> Vec<Line<'static>> {
        let earliest = self.violated.iter().map(|(_, first)| *first).min();
        let mut shown: Vec<&(&Property, usize)> = self.violated.iter().collect();
        shown.sort_by_key(|(property, first)| (*first, property.name != self.trace.property));
        let line = |(property, first): &(&'static Property, usize)| {
            let holds = (property.condition)(&self.run.model, &self.run.states[self.at]);
            let mark = if Some(*first) == earliest { '▶' } else { ' ' };
            let here = if holds { "holds here" } else { "does not hold here" };
            let text =
                format!("{mark} {}: {here}; violated first after step {first}", property.name);
            if holds { Line::from(text).green() } else { Line::from(text).red() }
        };
        shown.into_iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dynamo::gallery::Case;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    fn trace(name: &str) -> Trace {
        let case = Case::named(name).expect("there is such a case");
        case.trace(&case.find().0.expect("it is found"))
    }

    fn screen(walk: &Walk<'_>) -> String {
        let mut terminal = Terminal::new(TestBackend::new(120, 40)).expect("a screen in memory");
        terminal.draw(|frame| walk.draw(frame)).expect("it is drawn");
        terminal.backend().to_string()
    }

    fn press(walk: &mut Walk<'_>, key: KeyCode) -> bool {
        walk.goes_on_after(key, KeyModifiers::NONE)
    }

    #[test]
    fn walks_to_the_violation_and_back() {
        let trace = trace("word-before-disk");
        let mut walk = Walk::new(&trace);
        assert!(screen(&walk).contains("initial state"));
        assert!(screen(&walk).contains("I1.acknowledged-put-is-on-w-disks: holds here"));
        assert!(press(&mut walk, KeyCode::Char('v')));
        assert_eq!(walk.at, trace.steps.len());
        assert!(screen(&walk).contains("▶ I2.confirmed-put-is-kept: does not hold here"));
        assert!(screen(&walk).contains("I1.acknowledged-put-is-on-w-disks: does not hold here"));
        assert!(
            press(&mut walk, KeyCode::Right),
            "pressing the key after the last step changes nothing"
        );
        assert_eq!(walk.at, trace.steps.len());
        for step in (0..trace.steps.len()).rev() {
            press(&mut walk, KeyCode::Left);
            assert_eq!(walk.at, step);
            assert!(step == 0 || screen(&walk).contains(&format!("after step {step} of")));
        }
        assert!(!press(&mut walk, KeyCode::Char('q')));
        assert!(!walk.goes_on_after(KeyCode::Char('c'), KeyModifiers::CONTROL));
    }

    #[test]
    fn what_changed_is_marked() {
        let trace = trace("word-before-disk");
        let mut walk = Walk::new(&trace);
        press(&mut walk, KeyCode::Right);
        let text = screen(&walk);
        assert!(text.contains("+ stores k: w0 [A:1]"), "{text}");
    }

    #[test]
    fn the_start_of_a_cycle_is_marked() {
        let trace = trace("exchange-never-ends");
        let walk = Walk::new(&trace);
        assert!(screen(&walk).contains('↻'));
    }

    #[test]
    fn a_small_terminal_does_not_panic() {
        let trace = trace("exchange-never-ends");
        let walk = Walk::new(&trace);
        for (width, height) in [(1, 1), (10, 3), (40, 8)] {
            let mut terminal =
                Terminal::new(TestBackend::new(width, height)).expect("a screen in memory");
            terminal.draw(|frame| walk.draw(frame)).expect("it is drawn");
        }
    }
}
