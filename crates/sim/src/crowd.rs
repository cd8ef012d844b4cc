//! A crowd in front of a show: who says what, who buys what, and when.
//!
//! Pure and seeded: the same seed, cues and times give the same acts. Time comes in as milliseconds that never go
//! back; nothing here reads a clock or opens a socket. The demo carries the acts out over HTTP and WebSocket, a
//! simulation hands them to the core. The lines are the project's own, in English, Chinese and Russian.

/// What is on the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The lipstick.
    Lipstick,
    /// The eyebrow pencil.
    Pencil,
    /// The cushion.
    Cushion,
    /// The mascara.
    Mascara,
}

/// What the crowd sees or hears on the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cue {
    /// Another product is shown: some want it at once.
    Shown(Subject),
    /// The host said something contemptuous: many answer, few buy.
    Remark,
}

/// What a viewer does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Writes into the chat.
    Say(&'static str),
    /// Orders pieces of what is on the table.
    Buy {
        /// What.
        subject: Subject,
        /// How many.
        quantity: u32,
    },
}

/// Who does it. The number is below [`Crowd::viewers`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// Which viewer.
    pub viewer: usize,
    /// What they do.
    pub act: Act,
}

/// How lively a crowd is. Rates are per 10 000 viewers and 100 ms.
#[derive(Debug, Clone, Copy)]
pub struct Temper {
    /// Chat when nothing special happens.
    pub chat: u32,
    /// Chat after a remark, falling back to `chat` over [`STIRRED_MS`].
    pub stirred_chat: u32,
    /// Orders when nothing special happens.
    pub orders: u32,
    /// Orders after a product is shown, falling back over [`KEEN_MS`].
    pub keen_orders: u32,
}

impl Default for Temper {
    fn default() -> Self {
        Self { chat: 20, stirred_chat: 140, orders: 2, keen_orders: 14 }
    }
}

/// How long a crowd stays stirred after a remark.
pub const STIRRED_MS: u64 = 45_000;
/// How long a shown product sells well.
pub const KEEN_MS: u64 = 20_000;
/// The grain of time.
const TICK_MS: u64 = 100;
/// Ticks made up for after a pause; a longer pause is skipped.
const CATCH_UP_TICKS: u64 = 50;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    English,
    Chinese,
    Russian,
}

/// A crowd.
#[derive(Debug, Clone)]
pub struct Crowd {
    dice: Dice,
    temper: Temper,
    languages: Vec<Language>,
    subject: Subject,
    now_ms: u64,
    stirred_at_ms: Option<u64>,
    keen_at_ms: Option<u64>,
}

impl Crowd {
    /// A crowd of `viewers` that behaves as `seed` says.
    #[must_use]
    pub fn new(seed: u64, viewers: usize, temper: Temper) -> Self {
        let mut dice = Dice::new(seed);
        let language = |dice: &mut Dice| match dice.below(10) {
            0..5 => Language::Chinese,
            5..8 => Language::English,
            _ => Language::Russian,
        };
        let languages = (0..viewers).map(|_| language(&mut dice)).collect();
        let subject = Subject::Lipstick;
        Self { dice, temper, languages, subject, now_ms: 0, stirred_at_ms: None, keen_at_ms: None }
    }

    /// How many there are.
    #[must_use]
    pub fn viewers(&self) -> usize {
        self.languages.len()
    }

    /// What a viewer is called.
    #[must_use]
    pub fn nick(&self, viewer: usize) -> String {
        let names = match self.languages.get(viewer) {
            Some(Language::Chinese) => NICKS_ZH,
            Some(Language::Russian) => NICKS_RU,
            _ => NICKS_EN,
        };
        format!("{}{}", names[viewer % names.len()], viewer + 1)
    }

    /// Something happens on the picture.
    pub fn cue(&mut self, cue: Cue) {
        match cue {
            Cue::Shown(subject) => {
                self.subject = subject;
                self.keen_at_ms = Some(self.now_ms);
            }
            Cue::Remark => self.stirred_at_ms = Some(self.now_ms),
        }
    }

    /// What the crowd does until `now_ms`.
    pub fn until(&mut self, now_ms: u64) -> Vec<Done> {
        let earliest = now_ms.saturating_sub(CATCH_UP_TICKS * TICK_MS);
        self.now_ms = self.now_ms.max(earliest);
        let mut done = Vec::new();
        while self.now_ms + TICK_MS <= now_ms {
            self.now_ms += TICK_MS;
            self.tick(&mut done);
        }
        done
    }

    fn tick(&mut self, done: &mut Vec<Done>) {
        let stirred = left_percent(self.stirred_at_ms, self.now_ms, STIRRED_MS);
        let keen = left_percent(self.keen_at_ms, self.now_ms, KEEN_MS);
        let Temper { chat, stirred_chat, orders, keen_orders } = self.temper;
        let chat = between(chat, stirred_chat, stirred);
        // Who is put off does not buy.
        let orders = between(orders, keen_orders, keen) * (100 - stirred) / 100;
        for viewer in 0..self.languages.len() {
            if self.dice.below(10_000) < u64::from(chat) {
                let put_off = self.dice.below(100) < u64::from(stirred);
                let act = Act::Say(self.line(viewer, put_off));
                done.push(Done { viewer, act });
            }
            if self.dice.below(10_000) < u64::from(orders) {
                let quantity = if self.dice.below(6) == 0 { 2 } else { 1 };
                done.push(Done { viewer, act: Act::Buy { subject: self.subject, quantity } });
            }
        }
    }

    fn line(&mut self, viewer: usize, put_off: bool) -> &'static str {
        let lines = match (self.languages[viewer], put_off) {
            (Language::English, true) => PUT_OFF_EN,
            (Language::Chinese, true) => PUT_OFF_ZH,
            (Language::Russian, true) => PUT_OFF_RU,
            (language, false) => match (self.dice.below(2) == 0, language) {
                (true, Language::English) => CALM_EN,
                (true, Language::Chinese) => CALM_ZH,
                (true, Language::Russian) => CALM_RU,
                (false, language) => about(self.subject, language),
            },
        };
        lines[self.dice.below(lines.len() as u64) as usize]
    }
}

/// SplitMix64: small, fast, the same everywhere. Good enough for a crowd, not for secrets.
#[derive(Debug, Clone)]
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `limit`, which is not 0.
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (word ^ (word >> 31)) % limit.max(1)
    }
}

/// From 100 at `since` down to 0 after `lasts_ms`.
fn left_percent(since: Option<u64>, now_ms: u64, lasts_ms: u64) -> u32 {
    let Some(since) = since else { return 0 };
    let gone = now_ms.saturating_sub(since).min(lasts_ms);
    ((lasts_ms - gone) * 100 / lasts_ms) as u32
}

fn between(calm: u32, high: u32, percent: u32) -> u32 {
    calm + high.saturating_sub(calm) * percent / 100
}

fn about(subject: Subject, language: Language) -> &'static [&'static str] {
    match (subject, language) {
        (Subject::Lipstick, Language::English) => &[
            "does it stay on after coffee?",
            "rose suits me, in the basket",
            "is there a cooler shade too?",
            "got one for my sister",
        ],
        (Subject::Lipstick, Language::Chinese) => {
            &["这支口红显白吗", "暖玫瑰色好看", "会不会拔干呀", "给我妈也带一支"]
        }
        (Subject::Lipstick, Language::Russian) => {
            &["а на холодную кожу подойдёт?", "красивый оттенок", "держится после кофе?"]
        }
        (Subject::Pencil, Language::English) => {
            &["79 is getting expensive", "which brown for light hair?", "the little brush is handy"]
        }
        (Subject::Pencil, Language::Chinese) => {
            &["79有点贵了吧", "深棕还是灰棕好", "笔头好细", "防水是真的吗"]
        }
        (Subject::Pencil, Language::Russian) => {
            &["79 — дороговато стало", "какой коричневый для русых?", "тонкий грифель, хорошо"]
        }
        (Subject::Cushion, Language::English) => {
            &["is there perfume in it?", "refill in the box, good", "how many months does it last?"]
        }
        (Subject::Cushion, Language::Chinese) => {
            &["敏感肌可以用吗", "送替换装划算", "有没有香精", "夏天会不会脱妆"]
        }
        (Subject::Cushion, Language::Russian) => {
            &["для чувствительной кожи можно?", "запаска в коробке — удобно", "на сколько хватает?"]
        }
        (Subject::Mascara, Language::English) => {
            &["does it come off with warm water?", "curved brush, finally", "99 is fair"]
        }
        (Subject::Mascara, Language::Chinese) => {
            &["温水能卸吗", "刷头弯的好用", "会不会晕", "99可以的"]
        }
        (Subject::Mascara, Language::Russian) => {
            &["тёплой водой смывается?", "не осыпается к вечеру?", "беру на пробу"]
        }
    }
}

const NICKS_EN: &[&str] = &["maple", "tea_time", "Nora", "bluecup", "quiet_owl"];
const NICKS_ZH: &[&str] = &["小满", "阿宁", "橘子汽水", "南风", "圆圆"];
const NICKS_RU: &[&str] = &["Ласточка", "Марта", "чайник", "Лена", "северянка"];

const CALM_EN: &[&str] = &[
    "hello from the night shift",
    "good evening everyone",
    "the picture is very clear tonight",
    "is delivery free?",
    "just came in, what did I miss?",
    "thank you for reading my question",
];
const CALM_ZH: &[&str] =
    &["大家晚上好", "刚下班来看看", "包邮吗", "今天画面好清楚", "多久能到货", "主播辛苦了"];
const CALM_RU: &[&str] = &[
    "всем добрый вечер",
    "доставка бесплатная?",
    "только зашла, что показывали?",
    "звук отличный",
    "спасибо за ответ",
];
const PUT_OFF_EN: &[&str] = &[
    "did she really just say that?",
    "I work twelve hours a day, thanks",
    "taking it out of my basket",
    "that was rude, please apologise",
    "we are the ones who pay for this",
];
const PUT_OFF_ZH: &[&str] = &[
    "刚才那句话什么意思",
    "我每天加班到十点你说我不努力",
    "不买了",
    "这话太伤人了",
    "工资没涨也怪我吗",
    "请道歉",
];
const PUT_OFF_RU: &[&str] = &[
    "это сейчас серьёзно было?",
    "я на двух работах, между прочим",
    "заказ отменяю",
    "извинитесь, пожалуйста",
    "обидно такое слышать",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn run(seed: u64, cues: &[(u64, Cue)], until_ms: u64) -> Vec<(u64, Done)> {
        let mut crowd = Crowd::new(seed, 40, Temper::default());
        let mut all = Vec::new();
        for now_ms in (0..=until_ms).step_by(500) {
            for (_, cue) in cues.iter().filter(|(at, _)| *at == now_ms) {
                crowd.cue(*cue);
            }
            all.extend(crowd.until(now_ms).into_iter().map(|done| (now_ms, done)));
        }
        all
    }

    fn count(acts: &[(u64, Done)], from_ms: u64, to_ms: u64, says: bool) -> usize {
        let fits = |(at, done): &&(u64, Done)| {
            (from_ms..to_ms).contains(at) && matches!(done.act, Act::Say(_)) == says
        };
        acts.iter().filter(fits).count()
    }

    #[test]
    fn a_seed_is_a_crowd() {
        let cues = [(1000, Cue::Shown(Subject::Pencil)), (9000, Cue::Remark)];
        assert_eq!(run(7, &cues, 30_000), run(7, &cues, 30_000));
        assert_ne!(run(7, &cues, 30_000), run(8, &cues, 30_000));
    }

    #[test]
    fn a_shown_product_sells_and_a_remark_stirs() {
        let cues = [(60_000, Cue::Shown(Subject::Cushion)), (120_000, Cue::Remark)];
        let acts = run(3, &cues, 180_000);
        assert!(count(&acts, 60_000, 80_000, false) > count(&acts, 40_000, 60_000, false));
        assert!(count(&acts, 120_000, 140_000, true) > 2 * count(&acts, 100_000, 120_000, true));
        assert_eq!(count(&acts, 120_000, 122_000, false), 0, "who is put off does not buy");
    }

    #[test]
    fn a_long_pause_is_not_made_up_for() {
        let mut crowd = Crowd::new(1, 40, Temper::default());
        let burst = crowd.until(3_600_000).len();
        assert!(burst < 40, "{burst} acts at once");
        assert!((0..40).all(|viewer| crowd.nick(viewer).chars().count() <= 24));
    }
}
