//! One small show by the script, told line by line: what people do, what viewers see, what is stored.

use std::fmt::Write as _;

use media::program::{Kind, OnAudio, OnVideo, When, Wish};
use show::Sku;
use units::{ActionId, Duration, Timestamp};

use crate::Violation;
use crate::buyers::skus;
use crate::run::Sim;
use crate::world::STARTED;

const STEP: Duration = Duration::from_ms(20);

struct Teller {
    sim: Sim,
    began: Timestamp,
    text: String,
    actions: u128,
}

impl Teller {
    fn tell(&mut self, what: &str) {
        let at = self.sim.now - self.began;
        // A line that does not fit into a String does not exist.
        let _ = writeln!(self.text, "{:>5.2}  {what}", at.secs_f64());
    }

    fn until(&mut self, seconds: f64) -> Result<(), Violation> {
        let end = self.began + Duration::from_ms((seconds * 1000.0) as i64);
        while self.sim.now < end {
            self.sim.step(STEP)?;
            let changes = self.sim.onair.as_mut().map(|onair| std::mem::take(&mut onair.changes));
            for change in changes.unwrap_or_default() {
                let picture = match change.video {
                    OnVideo::Host => "the host",
                    OnVideo::Standby => "the understudy",
                    OnVideo::Slate => "the slate",
                };
                let sound = match change.audio {
                    OnAudio::Host => "the host",
                    OnAudio::Standby => "the understudy",
                    OnAudio::Silence => "nothing",
                };
                self.tell(&format!("        viewers see {picture} and hear {sound}"));
            }
        }
        Ok(())
    }

    fn act(&mut self, say: &str, wish: Wish) -> Result<(), Violation> {
        self.actions += 1;
        let id = ActionId::from_u128(1_000_000 + self.actions);
        let now = self.sim.now;
        let Some(onair) = &mut self.sim.onair else { return Ok(()) };
        let answer = match onair.act(id, wish, now)? {
            Ok(applied) => {
                let to = applied.to.map_or("until resumed".to_owned(), |to| {
                    format!("{:.2} s", (to - applied.from).secs_f64())
                });
                format!("{to}, {:.2} s before it airs", applied.time_to_air.secs_f64())
            }
            Err(refusal) => refusal.to_string(),
        };
        self.tell(&format!("{say}: {answer}"));
        Ok(())
    }

    fn buy(&mut self, say: &str, sku: &Sku, key: u128) -> Result<(), Violation> {
        let heard = self.sim.buy(sku, key)?;
        self.tell(&format!("{say}: {heard}"));
        Ok(())
    }
}

/// The story of one show: a mute, an order and its retry, a cut that is resumed, a hand over, and a crash in the
/// middle of a cut.
///
/// # Errors
/// With the first invariant that does not hold.
pub fn story() -> Result<String, Violation> {
    let sim = Sim::calm(1);
    let mut teller = Teller { sim, began: STARTED, text: String::new(), actions: 0 };
    teller.sim.set_up()?;
    teller.began = teller.sim.now;
    let [_, scarce, ..] = skus();
    teller.tell("two shows are planned, the shelves are filled");
    teller.until(14.0)?;
    teller.buy("a buyer orders", &scarce, 1)?;
    teller.buy("the same again, with the same key", &scarce, 1)?;
    let wish = Wish {
        to: Some(When::Preview(Duration::from_ms(500))),
        from: Some(When::Preview(Duration::from_ms(-1500))),
        ..Wish::now(Kind::Mute)
    };
    teller.act("the producer mutes", wish)?;
    teller.until(24.0)?;
    teller.act("the producer cuts", Wish::now(Kind::Cut))?;
    teller.until(26.0)?;
    teller.act("and resumes", Wish::now(Kind::Resume))?;
    teller.until(38.0)?;
    let wish = Wish { to: Some(When::Preview(Duration::from_s(3))), ..Wish::now(Kind::HandOver) };
    teller.act("the understudy takes over", wish)?;
    teller.until(50.0)?;
    teller.act("the producer cuts again", Wish::now(Kind::Cut))?;
    teller.until(52.0)?;
    teller.tell("the server dies");
    teller.sim.crash()?;
    teller.tell("and is back");
    teller.until(68.0)?;
    teller.act("the producer resumes", Wish::now(Kind::Resume))?;
    teller.until(82.0)?;
    teller.sim.rest()?;
    teller.sim.check_end()?;
    teller.tell("the show is over");
    Ok(teller.text)
}
