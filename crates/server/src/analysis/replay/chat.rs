//! What viewers had written when a sentence was said, from the erasable table of chat.

use std::collections::VecDeque;

use store::{ChatLine, Reader, StoreError};
use units::Timestamp;

use crate::hearing::LOOKED_AT;

/// Lines read at once.
const PAGE: usize = 500;

/// The chat of one show, read once from its beginning to its end.
pub(super) struct Chat<'a> {
    reader: &'a dyn Reader,
    show: String,
    after: u64,
    ahead: VecDeque<ChatLine>,
    over: bool,
    said: VecDeque<String>,
}

impl<'a> Chat<'a> {
    pub(super) fn new(reader: &'a dyn Reader, show: &str) -> Self {
        let (show, ahead, said) = (show.to_owned(), VecDeque::new(), VecDeque::new());
        Self { reader, show, after: 0, ahead, over: false, said }
    }

    /// The last messages before a moment, the newest last. Moments come in order.
    pub(super) fn until(&mut self, at: Timestamp) -> Result<Vec<String>, StoreError> {
        loop {
            if self.ahead.is_empty() && !self.over {
                let page = self.reader.chat(&self.show, self.after, PAGE)?;
                self.over = page.len() < PAGE;
                self.after = page.last().map_or(self.after, |line| line.n);
                self.ahead.extend(page);
            }
            let Some(line) = self.ahead.pop_front_if(|line| line.row.at <= at) else { break };
            if self.said.len() >= LOOKED_AT {
                self.said.pop_front();
            }
            self.said.push_back(line.row.text);
        }
        Ok(self.said.iter().cloned().collect())
    }
}
