//! What a process does with its turn: code that may be long begins apart from others, and a long turn ends early.

use super::{
    Header, Home, Rest,
    life::{GIVES_WAY, WATCHED},
};
use crate::{
    cell::Running,
    scheduler::{self, Code},
};

impl Header {
    /// Whether its loop has more to do than to take the next message: it may have to end, is watched, or is to give
    /// way.
    #[inline]
    pub(crate) fn is_disturbed(&self, me: &Running) -> bool {
        self.life.is_disturbed() || self.own(me).is_troubled()
    }

    /// Whether it is suspended, or somebody listens to what it does.
    #[inline]
    pub(crate) fn is_watched(&self) -> bool {
        self.life.has(WATCHED)
    }

    pub(in crate::cell) fn set_watched(&self, watched: bool) {
        if watched {
            self.life.set(WATCHED);
        } else {
            self.life.clear(WATCHED);
        }
    }

    /// Whether the rest of this turn is made by another thread, since `code`, which comes next, may be long, and others
    /// wait on this one. Then the turn is to end.
    #[inline]
    pub(crate) fn must_move(&self, me: &Running, code: &'static Code) -> bool {
        code.begins_apart() && self.moves(me)
    }

    #[cold]
    fn moves(&self, me: &Running) -> bool {
        let moves = matches!(self.home, Home::Core) && scheduler::must_move();
        if moves {
            self.own(me).rest.set(Some(Rest::Elsewhere));
            self.ask_to_give_way();
        }
        moves
    }

    /// What it runs: its handler, or the destructors of what it held.
    pub(in crate::cell) fn running_code(&self) -> &'static Code {
        if self.life.is_dying() { &self.program.end } else { self.handler.code() }
    }

    /// Whether `code`, which is doubtful and comes next, is to begin in a later turn. Then this one is to end.
    pub(crate) fn is_held_back(&self, code: &Code) -> bool {
        let is_held_back = matches!(self.home, Home::Core) && scheduler::is_held_back(code);
        if is_held_back {
            self.ask_to_give_way();
        }
        is_held_back
    }

    /// It runs `code` from now on.
    #[inline]
    pub(crate) fn runs(&self, me: &Running, code: &'static Code) {
        self.handler.set(me, code);
        if code.is_doubtful() {
            self.own(me).is_measured();
            scheduler::measure(code);
        }
    }

    /// The code that it ran is over, and was measured.
    #[cold]
    pub(crate) fn was_measured(&self) {
        if self.handler.code().is_doubtful() {
            scheduler::measured();
        }
    }

    /// It is to end its turn after the message that it handles.
    pub(in crate::cell) fn ask_to_give_way(&self) {
        self.life.set(GIVES_WAY);
    }

    /// Whether it is to end its turn now; not again until it is asked anew.
    #[inline]
    pub(crate) fn gives_way(&self) -> bool {
        let gives_way = self.life.has(GIVES_WAY);
        if gives_way {
            self.life.clear(GIVES_WAY);
        }
        gives_way
    }
}
