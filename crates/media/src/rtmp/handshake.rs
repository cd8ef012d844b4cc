//! The simple handshake (RTMP 1.0 §5.2), fed byte by byte if need be.

use bytes::{BufMut, BytesMut};

use super::Fault;

const VERSION: u8 = 3;
const PART_BYTES: usize = 1536;
/// Version, then the peer's own block, then its echo of ours.
const PEER_BYTES: usize = 1 + 2 * PART_BYTES;

/// Which end of the connection this is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Client,
    Server,
}

/// One end's handshake. Holds 1.5 KiB at most.
pub(super) struct Handshake {
    side: Side,
    seen: usize,
    block: BytesMut,
}

impl Handshake {
    pub(super) fn new(side: Side) -> Self {
        Self { side, seen: 0, block: BytesMut::new() }
    }

    /// Takes what belongs to the handshake off `input` and appends answers to `out`. True when it is over.
    /// The echo of our own block is not compared: some encoders send zeros.
    pub(super) fn receive(&mut self, input: &mut &[u8], out: &mut BytesMut) -> Result<bool, Fault> {
        while self.seen < PEER_BYTES {
            let Some(&first) = input.first() else { return Ok(false) };
            if self.seen == 0 {
                if first != VERSION {
                    return Err(Fault::Version(first));
                }
                if self.side == Side::Server {
                    hello(out);
                }
                self.seen = 1;
                *input = &input[1..];
                continue;
            }
            let in_block = (1 + PART_BYTES).saturating_sub(self.seen);
            let want = if in_block > 0 { in_block } else { PEER_BYTES - self.seen };
            let (taken, rest) = input.split_at(want.min(input.len()));
            *input = rest;
            self.seen += taken.len();
            if in_block > 0 {
                self.block.extend_from_slice(taken);
                if self.block.len() == PART_BYTES {
                    out.put_slice(&self.block);
                    self.block = BytesMut::new();
                }
            }
        }
        Ok(true)
    }
}

/// C0 and C1, or S0 and S1. Zeros in the version field announce the simple handshake; the filling only has to be
/// unlike the peer's, so that a connection to itself would be noticed.
pub(super) fn hello(out: &mut BytesMut) {
    out.reserve(1 + PART_BYTES);
    out.put_u8(VERSION);
    out.put_bytes(0, 8);
    let mut state = 0x2545_f491u32;
    for _ in 0..(PART_BYTES - 8) / 4 {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        out.put_u32(state);
    }
}
