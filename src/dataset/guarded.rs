//! Calls into a decoder that may panic on damaged input.
//!
//! The Parquet decoder trusts some lengths inside of pages and stops with a panic where they are wrong. To the user
//! that is a damaged file like any other, so the panic becomes an error and its message is not shown.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

static HOOK: Once = Once::new();

/// The value of `call`, or `None` if it panics. Whatever it borrows may be in disorder afterwards.
pub(crate) fn guarded<T>(call: impl FnOnce() -> T) -> Option<T> {
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !GUARDED.get() {
                before(info);
            }
        }));
    });
    let outer = GUARDED.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(call));
    GUARDED.set(outer);
    result.ok()
}

#[cfg(test)]
mod tests {
    use super::guarded;

    #[test]
    fn a_panic_is_no_value() {
        assert_eq!(guarded(|| 4), Some(4));
        assert_eq!(guarded(|| -> u8 { panic!("not to be seen") }), None);
    }
}
