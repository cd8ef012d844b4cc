//! The recording: what aired, segment by segment, on a thread of its own so that a slow disk never holds the program up.
//! A segment that could not be written becomes a gap; the show goes on.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use bytes::Bytes;
use media::hls::Finished;
use show::Slug;
use store::Objects;

/// Segments that wait for the disk; further ones become gaps.
const QUEUE_MAX: usize = 16;
/// The line index of a recording.
pub(crate) const INDEX: &str = "index.jsonl";
const MIB: u64 = 1 << 20;

/// How the recording does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum State {
    /// Nothing is recorded.
    Off,
    /// It is written.
    On,
    /// The disk is full or refuses; the recording has a gap.
    Failing,
}

/// Where a file of a show's recording is kept.
pub(crate) fn recording_key(show: &Slug, file: &str) -> String {
    format!("recordings/{show}/{file}")
}

enum Job {
    Segment(Box<Finished>),
    Flush(tokio::sync::oneshot::Sender<()>),
}

/// The way to the thread.
pub(super) struct Recorder {
    queue: SyncSender<Job>,
    state: Arc<AtomicU8>,
}

impl Recorder {
    pub(super) fn start(
        show: &Slug,
        objects: Arc<dyn Objects>,
        min_free_mib: u64,
    ) -> std::io::Result<Self> {
        let (queue, jobs) = sync_channel(QUEUE_MAX);
        let state = Arc::new(AtomicU8::new(State::On as u8));
        let writer = Writer {
            show: show.clone(),
            objects,
            min_free: min_free_mib * MIB,
            state: Arc::clone(&state),
            inits: HashSet::new(),
        };
        std::thread::Builder::new().name("recorder".into()).spawn(move || writer.run(&jobs))?;
        Ok(Self { queue, state })
    }

    pub(super) fn segment(&self, segment: Finished) {
        if self.queue.try_send(Job::Segment(Box::new(segment))).is_err() {
            self.state.store(State::Failing as u8, Ordering::Relaxed);
            tracing::warn!("a segment was not recorded: the disk is too slow");
        }
    }

    pub(super) fn state(&self) -> State {
        if self.state.load(Ordering::Relaxed) == State::On as u8 {
            State::On
        } else {
            State::Failing
        }
    }

    /// Waits until everything queued is written.
    pub(super) async fn flush(&self) {
        let (done, wait) = tokio::sync::oneshot::channel();
        let mut job = Job::Flush(done);
        while let Err(std::sync::mpsc::TrySendError::Full(back)) = self.queue.try_send(job) {
            job = back;
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let _ = wait.await;
    }
}

struct Writer {
    show: Slug,
    objects: Arc<dyn Objects>,
    min_free: u64,
    state: Arc<AtomicU8>,
    inits: HashSet<u32>,
}

impl Writer {
    fn run(mut self, jobs: &Receiver<Job>) {
        while let Ok(job) = jobs.recv() {
            match job {
                Job::Segment(segment) => self.segment(&segment),
                Job::Flush(done) => {
                    let _ = self.objects.sync(&recording_key(&self.show, INDEX));
                    let _ = done.send(());
                }
            }
        }
    }

    fn segment(&mut self, segment: &Finished) {
        let written = self.has_room().and_then(|()| self.write(segment));
        let (state, entry) = match written {
            Ok(()) => (State::On, segment.entry()),
            Err(error) => {
                tracing::warn!(show = %self.show, msn = segment.msn, %error, "a segment was not recorded");
                (State::Failing, segment.entry().missing())
            }
        };
        self.state.store(state as u8, Ordering::Relaxed);
        let line = entry.line();
        // Without its line a segment is not in the recording at all, which players take for a gap as well.
        let _ = self.objects.append(&recording_key(&self.show, INDEX), line.as_bytes());
    }

    fn has_room(&self) -> Result<(), store::StoreError> {
        match self.objects.space()? {
            Some(space) if space.free < self.min_free => {
                Err(store::StoreError::Unavailable { why: store::Outage::DiskFull })
            }
            _ => Ok(()),
        }
    }

    fn write(&mut self, segment: &Finished) -> Result<(), store::StoreError> {
        let init = segment.init.number;
        if !self.inits.contains(&init) {
            self.objects.put(
                &recording_key(&self.show, &format!("init-{init}.mp4")),
                &segment.init.bytes,
            )?;
            self.inits.insert(init);
        }
        let key = recording_key(&self.show, &format!("seg-{}.m4s", segment.msn));
        // Appended rather than put: a recording need not be synced segment by segment.
        self.objects.delete(&key)?;
        for part in &segment.bytes {
            self.objects.append(&key, part)?;
        }
        let key = recording_key(&self.show, &format!("sub-{}.vtt", segment.msn));
        self.objects.delete(&key)?;
        // A segment in which nobody spoke has no file.
        let spoken = |file: &&Bytes| file.windows(3).any(|arrow| arrow == b"-->");
        if let Some(captions) = segment.captions.as_ref().filter(spoken) {
            self.objects.append(&key, captions)?;
        }
        Ok(())
    }
}
