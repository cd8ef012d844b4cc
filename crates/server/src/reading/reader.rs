//! The reader of one room as a detector with a thread of its own, and what it tells the show.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use listen::Language;
use listen::chat::ChatJudge;
use listen::text::signs::{Sign, Signs};
use show::Input;
use show::desk::Fact;
use show::sentinel::room::{Alarm, Channel, Closed, Hits, Message, Prior, Reader};
use show::sentinel::{Learnt, RoomTurn, Signal};
use units::{Duration, IncidentId, MediaTime, MessageId, Timestamp, ViewerId};

use super::shown::{Now, Shown, State, quiet};
use super::{Heard, learnt};
use crate::rooms::{Gone, Rooms};
use crate::shop::Shop;
use crate::shows::ShowHandle;
use crate::watch::{Senses, Told};
use crate::{clock, mint};

/// A second is closed this long after it ended: what was written in it is still on its way here.
const GRACE: Duration = Duration::from_ms(300);
/// How often the log is told what is usual.
const USUAL_EVERY: Duration = Duration::from_s(300);
/// Messages with a sign whose text is kept for evidence; the oldest goes first.
const TEXTS_MAX: usize = 2048;

/// A message that hit a channel.
struct Text {
    id: MessageId,
    viewer: ViewerId,
    text: String,
}

/// Reads one room.
pub(super) struct RoomReader {
    language: Language,
    judge: ChatJudge,
    reader: Reader,
    /// Messages that hit a channel, for the evidence of an alarm.
    texts: VecDeque<Text>,
    /// Seconds that ended and were not told yet.
    closed: Vec<Closed>,
    /// What the show had learnt when this reader began.
    before: Vec<Learnt>,
    usual_at: Timestamp,
}

impl RoomReader {
    pub(super) fn open(
        language: Language,
        rate: f64,
        prior: &Prior,
        before: Vec<Learnt>,
        now: Timestamp,
    ) -> Result<Self, String> {
        let judge = ChatJudge::load().map_err(|error| error.to_string())?;
        let key = mint::uuid().as_u128() as u64;
        let reader = Reader::new(key, rate, prior, true);
        let (texts, closed) = (VecDeque::new(), Vec::new());
        Ok(Self { language, judge, reader, texts, closed, before, usual_at: now })
    }

    fn keep(&mut self, text: Text) {
        if self.texts.len() >= TEXTS_MAX {
            self.texts.pop_front();
        }
        self.texts.push_back(text);
    }

    fn now(&self) -> Vec<Now> {
        let detector = self.reader.detector();
        let of = |channel: &Channel| {
            let (usual, evidence) = detector.reading(*channel)?;
            Some(Now { channel: *channel, usual, evidence })
        };
        Channel::ALL.iter().filter_map(of).collect()
    }
}

/// Reports to one show.
pub(crate) struct Teller {
    show: Weak<ShowHandle>,
    rooms: Arc<Rooms>,
    shop: Arc<Shop>,
    shown: Arc<Shown>,
}

impl Teller {
    pub(super) fn new(
        show: &Arc<ShowHandle>,
        rooms: &Arc<Rooms>,
        shop: &Arc<Shop>,
        shown: &Arc<Shown>,
    ) -> Self {
        let (show, shown) = (Arc::downgrade(show), Arc::clone(shown));
        Self { show, rooms: Arc::clone(rooms), shop: Arc::clone(shop), shown }
    }

    fn turned(&self, alarm: &Alarm, sure: bool, texts: &VecDeque<Text>) {
        let Some(show) = self.show.upgrade() else { return };
        let ago = clock::now() - Timestamp::from_ms(alarm.since_s() * 1000);
        let air = show.onair().and_then(|onair| {
            let view = onair.view();
            Some(view.status.as_ref()?.air_point + (clock::now() - view.at))
        });
        let turn = RoomTurn::of(alarm, sure, (air.unwrap_or_default() - ago).max(MediaTime::ZERO));
        // A room that leans is no incident as a rule; where it is one, its messages are on the disk.
        for it in texts.iter().filter(|it| sure && turn.messages.contains(&it.id)) {
            show.room.keep_shown(it.id, it.viewer, &it.text);
        }
        let stake = show.stake(&self.rooms, &self.shop);
        let signal = Signal::Room { turn, stake, incident: IncidentId(mint::uuid()) };
        show.tell(Input::Signal { signal });
    }

    fn usual(&self, counts: Vec<Learnt>) {
        if let Some(show) = self.show.upgrade() {
            show.tell(Input::Signal { signal: Signal::Usual { counts } });
        }
    }

    fn closed(&self, closed: &Closed, now: Vec<Now>) {
        self.shown.closed(&closed.second, now);
        if let Some(show) = self.show.upgrade().filter(|_| !quiet(&closed.second)) {
            show.fact(Fact::RoomRead(closed.second.clone()));
        }
    }
}

impl Told for Teller {
    fn out(&self) {
        self.shown.is(State::Out);
    }

    fn never(&self) {
        self.shown.is(State::Out);
    }

    fn lost(&self, messages: u64) {
        self.shown.lost(messages);
    }
}

impl Senses for RoomReader {
    type Input = Heard;
    type Told = Teller;
    /// Between two turns of the thread, at fifty thousand messages a second and more.
    const QUEUE_MAX: usize = 16_384;

    fn push(&mut self, heard: &Heard) {
        match heard {
            Heard::Said { at, id, viewer, text } => {
                self.closed.extend(self.reader.close(*at));
                let print = self.judge.fingerprint(text);
                if !self.reader.admit(*at, *id, print) {
                    return;
                }
                let hits = hits(self.judge.signs(self.language, text));
                self.reader.count(&Message { id: *id, viewer: *viewer, text: print, hits });
                if !hits.is_empty() {
                    self.keep(Text { id: *id, viewer: *viewer, text: text.clone() });
                }
            }
            Heard::TookBack { at, channel, who } => {
                self.closed.extend(self.reader.close(*at));
                self.reader.event(*at, *channel, *who);
            }
            Heard::Gone(Gone::Message(id)) => self.texts.retain(|it| it.id != *id),
            Heard::Gone(Gone::Viewer(viewer)) => self.texts.retain(|it| it.viewer != *viewer),
        }
    }

    fn work(&mut self, told: &Teller) -> bool {
        self.tell_until(clock::now(), told);
        false
    }

    fn tell(&mut self, told: &Teller) {
        told.shown.is(State::Ok);
    }
}

impl RoomReader {
    /// Ends the seconds before `now` and tells what they say.
    pub(super) fn tell_until(&mut self, now: Timestamp, told: &Teller) {
        self.closed.extend(self.reader.close(now - GRACE));
        for closed in std::mem::take(&mut self.closed) {
            told.closed(&closed, self.now());
            if let Some(alarm) = &closed.alarm {
                told.turned(alarm, true, &self.texts);
            } else if let Some(leans) = &closed.leans {
                told.turned(leans, false, &self.texts);
            }
        }
        if now - self.usual_at >= USUAL_EVERY {
            self.usual_at = now;
            let counts = self.reader.detector().learnt().counts;
            told.usual(learnt(&self.before, &counts));
        }
    }
}

/// The channels of a message's signs.
pub fn hits(signs: Signs) -> Hits {
    signs.iter().map(channel).collect()
}

fn channel(sign: Sign) -> Channel {
    match sign {
        Sign::Hostile => Channel::Hostile,
        Sign::Boycott => Channel::Boycott,
        Sign::Complaint => Channel::Complaint,
        Sign::InsultWords => Channel::InsultWords,
        Sign::BoycottWords => Channel::BoycottWords,
        Sign::UnfollowWords => Channel::UnfollowWords,
        Sign::RefundWords => Channel::RefundWords,
    }
}
