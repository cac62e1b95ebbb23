//! Marks that a handler sets while it runs.

use std::cell::RefCell;

/// The marks that handlers set, each once per handler.
pub(crate) type Marks = Vec<&'static str>;

thread_local! {
    /// The marks set so far by the handler that runs on this thread.
    static SAID: RefCell<Marks> = const { RefCell::new(Marks::new()) };
}

/// Marks a decision of an actor's handler. The handler calls this, directly or through a callback,
/// while it runs.
///
/// [`Report::coverage`](crate::Report::coverage) counts under exactly this name how many distinct
/// local steps set the mark, each step once: choose a name that no kind of steps has. A handler
/// that changes nothing is not a step, and its marks do not count. If another engine runs the
/// handlers, marks have no effect.
pub fn mark(what: &'static str) {
    SAID.with_borrow_mut(|said| {
        if !said.contains(&what) {
            said.push(what);
        }
    });
}

/// Runs a handler. Returns its result, and the marks that it set.
pub(crate) fn listen<T>(handler: impl FnOnce() -> T) -> (T, Marks) {
    SAID.with_borrow_mut(Marks::clear);
    let returned = handler();
    (returned, SAID.take())
}

#[cfg(test)]
mod tests {
    use super::{listen, mark};

    #[test]
    fn marks_are_those_of_one_handler_each_once() {
        mark("before");
        let said = listen(|| ["one", "two", "one"].into_iter().for_each(mark));
        mark("between");
        assert_eq!(said, ((), vec!["one", "two"]));
        assert_eq!(listen(|| 7), (7, vec![]));
    }
}
