//! Made-up encoders behind made-up networks: tags with a source's own stamps, as RTMP brings them, read by the real
//! [`Feed`]. Groups of pictures with or without B-frames; jitter, stalls, lost stretches, clocks that start anywhere,
//! run fast or slow and jump; reconnects in another size or rate.

use std::collections::VecDeque;

use bytes::Bytes;
use media::codec::h264;
use media::feed::Feed;
use media::flv::{Tag, TagKind};
use media::frame::{Frame, VideoFrame};
use media::program::Channel;
use units::{Duration, MediaTime, Timestamp};

use crate::world::Rng;

/// High profile, 320×180, with its picture parameter set.
const SPS: &[u8] = &[
    0x67, 0x64, 0x00, 0x0d, 0xac, 0xd9, 0x41, 0x41, 0xfa, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00,
    0x00, 0x03, 0x03, 0x20, 0xf1, 0x42, 0x99, 0x60,
];
/// Constrained Baseline, 128×48.
const SMALL_SPS: &[u8] = &[0x67, 0x42, 0xc0, 0x0a, 0xf4, 0x10, 0x76, 0x40];
const PPS: &[u8] = &[0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0];
/// Marks the payload of a made-up frame; silence and slates do not have it.
const MARK: [u8; 2] = *b"RL";
/// Bytes of a made-up access unit's name.
const NAME_BYTES: usize = 12;

/// Names one frame of a run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct FrameName {
    /// Of the standby, else of the host.
    pub(crate) standby: bool,
    /// A picture, else sound.
    pub(crate) video: bool,
    /// The connection, over both sources.
    pub(crate) connection: u32,
    /// Its place on its track of the connection.
    pub(crate) n: u32,
}

impl FrameName {
    fn write(self) -> [u8; NAME_BYTES] {
        let mut out = [0; NAME_BYTES];
        out[..2].copy_from_slice(&MARK);
        out[2] = u8::from(self.standby) << 1 | u8::from(self.video);
        out[3..7].copy_from_slice(&self.connection.to_be_bytes());
        out[7..11].copy_from_slice(&self.n.to_be_bytes());
        out
    }

    /// The name of a coded frame; `None` for silence and slates.
    pub(crate) fn read(video: bool, data: &[u8]) -> Option<Self> {
        let name = data.get(if video { 5 } else { 0 }..)?.get(..NAME_BYTES)?;
        if name[..2] != MARK {
            return None;
        }
        let number =
            |at: usize| u32::from_be_bytes([name[at], name[at + 1], name[at + 2], name[at + 3]]);
        Some(Self {
            standby: name[2] & 2 != 0,
            video: name[2] & 1 != 0,
            connection: number(3),
            n: number(7),
        })
    }
}

/// How a source encodes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    pub(crate) frame_ms: i64,
    pub(crate) gop: u32,
    pub(crate) b_frames: bool,
    pub(crate) small: bool,
    pub(crate) sample_rate: u32,
}

impl Look {
    /// 12.5 pictures a second, a key frame every two.
    pub(crate) const PLAIN: Self =
        Self { frame_ms: 80, gop: 25, b_frames: false, small: false, sample_rate: 48_000 };

    fn roll(rng: &mut Rng) -> Self {
        Self {
            frame_ms: rng.pick(&[40, 50, 67, 80, 100]),
            // Three pictures follow a key frame for each pair of B-frames.
            gop: 3 * rng.range(2, 14) as u32 + 1,
            b_frames: rng.chance(400),
            small: rng.chance(200),
            sample_rate: if rng.chance(900) { 48_000 } else { 44_100 },
        }
    }
}

/// A frame that has arrived.
pub(crate) struct Arrived {
    pub(crate) at: Timestamp,
    pub(crate) channel: Channel,
    pub(crate) frame: Frame,
}

/// What happens to a connection beside its frames.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Line {
    /// Nothing.
    Steady,
    /// It connects, perhaps in the place of another connection.
    Opened,
    /// It is gone.
    Closed,
}

struct Connection {
    number: u32,
    opened: Timestamp,
    feed: Feed,
    look: Look,
    /// What the source's clock shows at the start, and how it has jumped since.
    clock_ms: i64,
    /// Parts in a million by which it runs fast.
    fast_ppm: i64,
    next: [u32; 2],
    latency: Duration,
    stalled_until: Timestamp,
    lost_until: [Timestamp; 2],
    wire: VecDeque<(Timestamp, Tag)>,
}

/// A source that streams, mostly.
pub(crate) struct Host {
    pub(crate) channel: Channel,
    rng: Rng,
    /// How many things go wrong; 0 for none.
    trouble: u32,
    /// How it looks when it does not change that.
    steady: Option<Look>,
    connection: Option<Connection>,
    connects_at: Option<Timestamp>,
}

impl Host {
    /// A source that connects at `connects_at` and then meets troubles at `trouble` in a hundred of their usual rate.
    pub(crate) fn new(
        channel: Channel,
        rng: Rng,
        trouble: u32,
        steady: Option<Look>,
        connects_at: Timestamp,
    ) -> Self {
        Self { channel, rng, trouble, steady, connection: None, connects_at: Some(connects_at) }
    }

    pub(crate) fn is_on(&self) -> bool {
        self.connection.is_some()
    }

    /// The server has closed the connection; an encoder tries again.
    pub(crate) fn dropped(&mut self, now: Timestamp) {
        self.connection = None;
        self.connects_at = Some(now + self.rng.ms(500, 4000));
    }

    /// The connection breaks, and the encoder does not try again.
    pub(crate) fn leaves(&mut self) {
        self.connection = None;
        self.connects_at = None;
    }

    /// The encoder connects.
    pub(crate) fn comes(&mut self, now: Timestamp) {
        self.connects_at = Some(now);
    }

    /// No more trouble from now on, and it streams.
    pub(crate) fn clear_up(&mut self, now: Timestamp) {
        self.trouble = 0;
        if self.connection.is_none() {
            self.connects_at = Some(now);
        }
    }

    /// Goes on to `now`. `connections` counts those of all sources.
    pub(crate) fn step(&mut self, now: Timestamp, connections: &mut u32) -> Line {
        if self.connects_at.is_some_and(|at| at <= now) {
            self.connects_at = None;
            *connections += 1;
            self.connect(now, *connections);
            return Line::Opened;
        }
        if self.happens(3) && self.connection.is_some() {
            self.connects_at = Some(now + self.rng.ms(0, 6000));
            if self.rng.chance(700) {
                self.connection = None;
                return Line::Closed;
            }
        }
        self.trouble(now);
        Line::Steady
    }

    fn happens(&mut self, per_10k: u32) -> bool {
        self.trouble > 0 && self.rng.range(0, 1_000_000) < i64::from(per_10k * self.trouble)
    }

    fn trouble(&mut self, now: Timestamp) {
        let (stall, lose, late, jump) =
            (self.happens(15), self.happens(8), self.happens(20), self.happens(4));
        let rng = &mut self.rng;
        let Some(connection) = &mut self.connection else { return };
        if stall {
            connection.stalled_until = now + rng.ms(100, 9000);
        }
        if lose {
            let until = now + rng.ms(50, 5000);
            let tracks: [bool; 2] = rng.pick(&[[true, true], [true, false], [false, true]]);
            for (lost, track) in connection.lost_until.iter_mut().zip(tracks) {
                *lost = if track { until } else { *lost };
            }
        }
        if late {
            connection.latency = rng.ms(0, 800);
        }
        if jump {
            connection.clock_ms +=
                rng.pick(&[-600_000, -40_000, -3000, -500, 700, 9000, 50_000, 4_000_000]);
        }
    }

    fn connect(&mut self, now: Timestamp, number: u32) {
        let rng = &mut self.rng;
        let look = match self.steady {
            Some(look) => look,
            None => *self.steady.insert(Look::roll(rng)),
        };
        if self.trouble > 0 && rng.chance(250) {
            self.steady = Some(Look::roll(rng));
        }
        let clock_ms = rng.pick(&[0, 0, 17, 3_600_000, (1 << 31) - 9000, (1 << 32) - 20_000]);
        let fast_ppm = if self.trouble > 0 { rng.pick(&[0, 0, 60, -60, 800, -800]) } else { 0 };
        let mut connection = Connection {
            number,
            opened: now,
            feed: Feed::new(),
            look,
            clock_ms,
            fast_ppm,
            next: [0; 2],
            latency: rng.ms(0, 80),
            stalled_until: now,
            lost_until: [now; 2],
            wire: VecDeque::new(),
        };
        let stamp = connection.stamp(0);
        for tag in headers(look) {
            connection.wire.push_back((now, Tag { timestamp_ms: stamp, ..tag }));
        }
        self.connection = Some(connection);
    }

    /// What arrives up to `now`, in order.
    pub(crate) fn arrive(&mut self, now: Timestamp, out: &mut Vec<Arrived>) {
        let channel = self.channel;
        let jitter = if self.trouble > 0 { 30 } else { 1 };
        let rng = &mut self.rng;
        let Some(connection) = &mut self.connection else { return };
        connection.encode(channel == Channel::Standby, now, jitter, rng);
        while connection.wire.front().is_some_and(|(at, _)| *at <= now) {
            let Some((at, tag)) = connection.wire.pop_front() else { break };
            // Nothing that is sent here is refused; a frame that is not taken is as good as lost.
            if let Ok(Some(frame)) = connection.feed.push(&tag) {
                out.push(Arrived { at, channel, frame });
            }
        }
    }
}

impl Connection {
    /// What the source's clock shows `sent_ms` after the start.
    fn stamp(&self, sent_ms: i64) -> u32 {
        (self.clock_ms + sent_ms + sent_ms * self.fast_ppm / 1_000_000) as u32
    }

    /// Puts on the wire what is encoded up to `now`, both tracks in order of time.
    fn encode(&mut self, standby: bool, now: Timestamp, jitter_ms: i64, rng: &mut Rng) {
        loop {
            let sent = [
                Duration::from_ms(i64::from(self.next[0]) * self.look.frame_ms),
                Duration::from_ticks(i64::from(self.next[1]) * 1024, self.look.sample_rate),
            ];
            let track = usize::from(sent[1] < sent[0]);
            let at = self.opened + sent[track];
            if at > now {
                return;
            }
            let n = self.next[track];
            self.next[track] += 1;
            if at < self.lost_until[track] {
                continue;
            }
            let name = FrameName { standby, video: track == 0, connection: self.number, n };
            let stamp = self.stamp(sent[track].ms());
            let tag = if track == 0 { self.picture(name, stamp) } else { sound(name, stamp) };
            let arrives = (at + self.latency + rng.ms(0, jitter_ms)).max(self.stalled_until);
            let arrives = self.wire.back().map_or(arrives, |(last, _)| arrives.max(*last));
            self.wire.push_back((arrives, tag));
        }
    }

    fn picture(&self, name: FrameName, timestamp_ms: u32) -> Tag {
        let place = name.n % self.look.gop;
        // In order of decoding: key frame, then each reference before the two B-frames that are shown before it.
        let shown_after = match place {
            _ if !self.look.b_frames => 0,
            0 => 2,
            _ => [4, 1, 1][(place as usize - 1) % 3],
        };
        let offset = (shown_after * self.look.frame_ms as i32).to_be_bytes();
        let (kind, nal) = if place == 0 { (0x17, 0x65) } else { (0x27, 0x41) };
        let mut body =
            vec![kind, 1, offset[1], offset[2], offset[3], 0, 0, 0, 1 + NAME_BYTES as u8, nal];
        body.extend(name.write());
        Tag { kind: TagKind::Video, timestamp_ms, body: body.into() }
    }
}

fn sound(name: FrameName, timestamp_ms: u32) -> Tag {
    let body = [&[0xaf, 1][..], &name.write()].concat().into();
    Tag { kind: TagKind::Audio, timestamp_ms, body }
}

fn headers(look: Look) -> [Tag; 2] {
    let sps = Bytes::from_static(if look.small { SMALL_SPS } else { SPS });
    let record = h264::build_record(&[sps], &[Bytes::from_static(PPS)]).unwrap_or_default();
    // Numbers of ISO/IEC 14496-3, table 1.18.
    let rate: u16 = match look.sample_rate {
        48_000 => 3,
        8_000 => 11,
        _ => 4,
    };
    let asc = (2 << 11 | rate << 7 | 2 << 3).to_be_bytes();
    let tag = |kind, body: Vec<u8>| Tag { kind, timestamp_ms: 0, body: body.into() };
    [
        tag(TagKind::Video, [&[0x17, 0, 0, 0, 0][..], &record].concat()),
        tag(TagKind::Audio, vec![0xaf, 0, asc[0], asc[1]]),
    ]
}

/// The pictures of a slate of two seconds.
pub(crate) fn slate() -> Vec<VideoFrame> {
    let mut feed = Feed::new();
    let [header, _] = headers(Look::PLAIN);
    let pictures = (0..10u8).map(|n| {
        let (kind, nal) = if n == 0 { (0x17, 0x65) } else { (0x27, 0x41) };
        let body = vec![kind, 1, 0, 0, 0, 0, 0, 0, 3, nal, b's', n].into();
        Tag { kind: TagKind::Video, timestamp_ms: u32::from(n) * 200, body }
    });
    let frames =
        std::iter::once(header).chain(pictures).filter_map(|tag| feed.push(&tag).ok().flatten());
    frames
        .filter_map(|frame| match frame {
            Frame::Video(frame) => Some(VideoFrame { time: MediaTime(frame.time.0), ..frame }),
            Frame::Audio(_) => None,
        })
        .collect()
}
