//! What a handler says of itself while it runs.

use std::cell::RefCell;

/// What handlers said, each handler everything once.
pub(crate) type Marks = Vec<&'static str>;

thread_local! {
    /// What the handler that runs on this thread has said so far.
    static SAID: RefCell<Marks> = const { RefCell::new(Marks::new()) };
}

/// Says which decision an actor's handler takes. The handler calls it, directly or through a
/// callback, while it runs.
///
/// [`Report::coverage`](crate::Report::coverage) then tells under exactly this name how many
/// distinct local steps said it, each counted once however often it did: choose a name that no kind
/// of steps has. A handler that changes nothing is no step, and what it says is not counted. Where
/// another engine runs the handlers, each name is remembered once, and nothing comes of it.
pub fn mark(what: &'static str) {
    SAID.with_borrow_mut(|said| {
        if !said.contains(&what) {
            said.push(what);
        }
    });
}

/// Runs a handler. Returns what it returns, and what it said.
pub(crate) fn listen<T>(handler: impl FnOnce() -> T) -> (T, Marks) {
    SAID.with_borrow_mut(Marks::clear);
    let returned = handler();
    (returned, SAID.take())
}

#[cfg(test)]
mod tests {
    use super::{listen, mark};

    #[test]
    fn a_handler_is_heard_once_and_alone() {
        mark("before");
        let said = listen(|| ["one", "two", "one"].into_iter().for_each(mark));
        mark("between");
        assert_eq!(said, ((), vec!["one", "two"]));
        assert_eq!(listen(|| 7), (7, vec![]));
    }
}
