/** The shapes of the HTTP API, written by `npm run wire` from openapi.json. Not edited by hand. */

export interface Account {
  /** The brand that this account manages. */
  brand?: string | null;
  /** The host that this account is. */
  host?: string | null;
  name: string;
  roles: Role[];
}

/** The action of an incident. */
export interface ActView {
  from_media_ms: number;
  id: string;
  /** `mute`, `cover` or `hand_over`. */
  kind: string;
  /** A part of the words had aired when it was taken. */
  late: boolean;
  /** How long it was to air then. */
  time_to_air_ms?: number | null;
  /** Null: until a person ends it. */
  to_media_ms?: number | null;
}

export interface ActionAsk {
  /** Hand over to a standby that is not ready. */
  force?: boolean;
  /** Milliseconds of the host's media time, instead of `from_ms`. */
  from_media_ms?: number | null;
  /** Milliseconds from the newest moment of the preview; negative is in the delay already. */
  from_ms?: number | null;
  /** `mute`, `cut`, `cover`, `hand_over`, `resume`, `dump` or `panic`. */
  kind: string;
  /** Why, in the producer's words. */
  reason?: string | null;
  /** Milliseconds of the host's media time, instead of `to_ms`. */
  to_media_ms?: number | null;
  /** The same; absent: until resumed. */
  to_ms?: number | null;
}

/** An action as it is really applied. */
export interface ActionView {
  /** When it begins on air. */
  airs_at: string;
  /** When it ends on air, if that is known. */
  ends_at?: string | null;
  /** Where on the program it begins. */
  from_air_ms?: number | null;
  /** Its first moment in the host's media time. */
  from_media_ms: number;
  id: string;
  kind: string;
  /** It was asked for from a moment that had aired. */
  late: boolean;
  /** `planned`, `active`, `over`, `undone` or `shortened`. */
  state: string;
  /** How long it still was until it begins on air. */
  time_to_air_ms: number;
  /** Its end; null: until resumed. */
  to_media_ms?: number | null;
}

/** The program's clock. */
export interface AirView {
  /** UTC of AirTime 0 as `EXT-X-PROGRAM-DATE-TIME` counts it; null before the first air. */
  epoch?: string | null;
  /** What viewers who keep up see now. */
  now_ms: number;
}

/** An objection. */
export interface AppealAsk {
  /** The id of the piece of evidence. */
  of: string;
  /** Why it should not count. */
  reason: string;
}

/** Where an appeal stands. */
export type AppealState = "open" | "upheld" | "refused";

/** An objection to a piece of evidence. */
export interface AppealView {
  /** What the operator answered. */
  answer?: string | null;
  asked_at: string;
  by: string;
  decided_at?: string | null;
  id: string;
  /** The piece of evidence. */
  of: string;
  reason: string;
  state: AppealState;
}

/** Whose products are sold. */
export interface Brand {
  /** Name on pages. */
  name: string;
  /** Name in addresses. */
  slug: string;
}

/** Who buys. */
export interface Buyer {
  /** Where the seller reaches the buyer: an address, a telephone number, an e-mail. */
  contact: string;
  name: string;
}

/** An incident with what happened in it. */
export type CaseFullView = CaseView & {
  /** In order of time. */
  timeline: MomentView[];
};

/** An incident with the show and the host that it belongs to. */
export type CaseView = IncidentView & {
  host: string;
  /**
   * What it counts as: `right`, `wrong`, `late` or `undecided`. A verdict comes first; without one, confirmed is right and dismissed is
   * wrong.
   */
  judged: Judged;
  show: string;
};

/** A page of incidents. */
export interface CasesView {
  /** Newest first. */
  incidents: CaseView[];
  /** What to ask as `before` for the next page; null on the last one. */
  next?: string | null;
  /** All that match. */
  total: number;
}

/** A category and how many products it has. */
export interface Category {
  name: string;
  products: number;
}

export interface ChangedBrand {
  name: string;
}

export interface ChangedHost {
  name?: string | null;
  suspended?: boolean | null;
}

export interface ChangedProduct {
  brand?: string | null;
  category?: string | null;
  /** An empty text means none. */
  image?: string | null;
  price?: MoneyView | null;
  title?: string | null;
}

export interface ChangedShow {
  /** For a planned show; a live one has its own call. */
  delay_s?: number | null;
  host?: string | null;
  language?: string | null;
  policy?: PolicyView | null;
  /** An empty text means none. */
  standby?: string | null;
  start?: Start | null;
  /** RFC 3339; an empty text means open. */
  starts_at?: string | null;
  title?: string | null;
}

export interface ChangedUser {
  /** An empty text means none. */
  brand?: string | null;
  disabled?: boolean | null;
  /** An empty text means none. */
  host?: string | null;
  password?: string | null;
  roles?: Role[] | null;
}

/** One channel. */
export interface ChannelView {
  /** Its name. */
  channel: string;
  /** Evidence that it moved, as a logarithm; 1 is an alarm. */
  evidence: number;
  /** A share of messages; otherwise a count of events. */
  is_chat: boolean;
  /** The usual share, or events a second. */
  usual: number;
}

/** An incident that a person confirmed. */
export interface ConfirmedView {
  host: string;
  incident: string;
  /** The day on which it happened. */
  on: string;
  rule: string;
  /** `notice`, `serious` or `grave`. */
  severity: string;
  show: string;
}

/** Incidents and what people made of them. */
export interface CountsView {
  incidents: number;
  /** Its interval at 95 % (Wilson). */
  interval?: number[] | null;
  /** Right, and too late. */
  late: number;
  /** In an hour of a show that was listened to; null without such hours. */
  per_hour?: number | null;
  /** The share of the decided that was right, late or not; null when none is decided. */
  precision?: number | null;
  right: number;
  /** Nobody has said anything of them. */
  undecided: number;
  wrong: number;
}

/** A part that was stopped. */
export interface CutView {
  from_air_ms: number;
  /** The same as in the room's message `cut`. */
  id: string;
  kind: string;
  to_air_ms?: number | null;
}

/** What a producer does about an incident. */
export interface DecideAsk {
  /** `confirm`, `widen`, `dismiss` or `judge`. */
  do: DecideWord;
  /** With `widen`: from when, in milliseconds of the host's media time; one second more than now when absent. */
  from_media_ms?: number | null;
  /** With `widen`: until when; two seconds more than now when absent. */
  to_media_ms?: number | null;
  /** With `judge`: `right`, `wrong` or `late`. */
  verdict?: string | null;
}

/** What a producer does. */
export type DecideWord = "confirm" | "widen" | "dismiss" | "judge";

/** What an operator decides. */
export interface DecisionAsk {
  /** Why, for the one who asked. */
  reason: string;
  /** Whether the evidence counts no more. */
  upheld: boolean;
}

export interface DelayAsk {
  /** 0 to 60. */
  delay_s: number;
}

/** A change of the delay. */
export interface DelayView {
  delay_s: number;
  /** Where on the program the slate begins. */
  effective_air_ms?: number | null;
  /** `slate`: nothing is lost while the delay grows; `dump`: what waited is thrown away; `unchanged`. */
  how: DelayWord;
}

/** What becomes of the time between two delays. */
export type DelayWord = "slate" | "dump" | "unchanged";

/** An action that is planned or in force. */
export interface DeskAction {
  airs_at: string;
  ends_at?: string | null;
  from_air_ms?: number | null;
  from_media_ms: number;
  id: string;
  kind: string;
  late: boolean;
  state: string;
  time_to_air_ms: number;
  to_air_ms?: number | null;
  to_media_ms?: number | null;
}

/** How a show does, four times a second. A show that is planned or has ended has no program and none of its figures. */
export interface DeskMessage {
  /** Planned or in force, the newest 20. */
  actions?: DeskAction[];
  /** The moment that airs now. */
  air_media_ms?: number;
  /** What viewers who keep up see now; 0 before the first air. */
  air_ms: number;
  /** `host`, `standby` or `silence`. */
  audio?: string;
  delay_s?: number;
  feed?: FeedView | null;
  /** `ok`, `late`, `out`, `no_model`, `language`, `full` or `off`; null: nobody listens. */
  hearing?: string | null;
  /** How far hearing is behind the feed. */
  hearing_behind_ms: number;
  /** Windows that it has dropped. */
  hearing_dropped: number;
  /** A restart lost records: the slate airs until somebody resumes. */
  held?: boolean;
  /** What is left of the delay. */
  in_delay_ms?: number;
  /** The newest eight; the list has all. */
  incidents: IncidentView[];
  /** What the host said: what waits in the delay and what has just aired, unfinished sentences last. */
  lines?: LineView[];
  /** Of the last minute, the oldest second first. */
  msgs_per_s: number[];
  /** The newest moment of the preview. */
  newest_media_ms?: number;
  /** `host`, `standby` or `slate`. */
  on?: string;
  /** Orders that stand: reserved or paid. */
  orders: number;
  /** Of the last five minutes, the oldest first. */
  orders_per_min: number[];
  pin?: PinView | null;
  /** `advise` or `act`; null: nobody listens. */
  policy?: string | null;
  recording: boolean;
  recording_failing: boolean;
  revenue?: MoneyView | null;
  standby?: DeskStandby | null;
  started_at?: string | null;
  /** `planned`, `live` or `ended`. */
  status: string;
  storage_note?: string | null;
  /** `ok`, `degraded` or `down`. */
  store: string;
  /** `desk`. */
  type: string;
  /** The same. */
  video?: string;
  viewers: number;
  /** Why it is not the host, such as `action`, `held` or `feed_lost`. */
  why?: string | null;
}

/** The program of a live show. */
export interface DeskProgram {
  /** Planned or in force, the newest 20. */
  actions: DeskAction[];
  /** The moment that airs now. */
  air_media_ms: number;
  /** `host`, `standby` or `silence`. */
  audio: string;
  delay_s: number;
  /** A restart lost records: the slate airs until somebody resumes. */
  held: boolean;
  /** What is left of the delay. */
  in_delay_ms: number;
  /** What the host said: what waits in the delay and what has just aired, unfinished sentences last. */
  lines: LineView[];
  /** The newest moment of the preview. */
  newest_media_ms: number;
  /** `host`, `standby` or `slate`. */
  on: string;
  /** The same. */
  video: string;
  /** Why it is not the host, such as `action`, `held` or `feed_lost`. */
  why?: string | null;
}

/** Who stands by. */
export interface DeskStandby {
  /** Why not, as a word. */
  code?: string | null;
  feed?: FeedView | null;
  name: string;
  ready: boolean;
  slug: string;
  /** Why not, as a sentence. */
  why?: string | null;
}

/** What found something. */
export type Detector = "words" | "room";

/** How often one detector is right. */
export type DetectorPrecision = CountsView & {
  /** `words` (rules of packs) or `room` (the reader of the room). */
  detector: Detector;
};

/** How the room names this device. */
export interface DeviceView {
  nick: string;
}

/** What was erased. */
export interface ErasedView {
  /** Orders that had a name and a contact and have none any more. */
  orders: number;
}

/** What a refusal looks like. */
export interface ErrorBody {
  error: ErrorText;
}

/** Code, message and hint of a refusal. */
export interface ErrorText {
  /** Stable name, such as `sold_out`. */
  code: string;
  /** What belongs to this code, such as the new price. */
  detail?: unknown;
  /** What to do next. */
  hint: string;
  /** What went wrong, in a sentence. */
  message: string;
}

/** What to compute. */
export interface ExposureAsk {
  /** The level of VaR and ES, 0.5 to below 1; 0.95 when absent. */
  alpha?: number | null;
  /** Days that scenarios look ahead, 1 to 3650; 365 when absent. */
  horizon_days?: number | null;
  /** Scenarios, 1000 to 10 million; a million when absent. */
  scenarios?: number | null;
  /** Seed of the scenarios; 1 when absent. */
  seed?: number | null;
}

/** An analysis of exposure. */
export type ExposureView = JobView & {
  /** The last report, as in `exposure.json`; null before the first, and where the caller has it. */
  report?: Record<string, unknown> | null;
};

/** The sound of a feed. */
export interface FeedAudio {
  bitrate_kbps: number;
  channels: number;
  codec: string;
  sample_rate: number;
}

/** Something that a host could do better. */
export interface FeedHint {
  /** `key_interval`, `variable_frame_rate`, `no_audio`, `no_video`, `high_bitrate`, `sound_gaps` or `damaged`. */
  code: string;
  message: string;
}

/** Why a feed was refused. */
export interface FeedRefused {
  at: string;
  code: string;
  message: string;
}

/** The pictures of a feed. */
export interface FeedVideo {
  b_frames: boolean;
  bitrate_kbps: number;
  /** Such as `H.264 High 4.1`. */
  codec: string;
  fps: number;
  height: number;
  /** Seconds between the last two key frames, or since the last one when that is longer. */
  key_interval_s?: number | null;
  width: number;
}

/** How a host's feed arrives. */
export interface FeedView {
  audio?: FeedAudio | null;
  /** What the host could do better. */
  hints: FeedHint[];
  receiving: boolean;
  refused?: FeedRefused | null;
  since?: string | null;
  video?: FeedVideo | null;
}

/** What is on, what is next, what can be watched again. */
export interface Front {
  live: ShowView[];
  next: ShowView[];
  past: ShowView[];
}

/** A host as the crew sees them. */
export interface HostView {
  followers: number;
  name: string;
  /** Whether their feed arrives. */
  receiving: boolean;
  slug: string;
  suspended: boolean;
}

export interface HostWithKey {
  host: HostView;
  /** For OBS. */
  stream_key: string;
}

/** What became of a file. */
export interface ImportReport {
  created: number;
  rejected: RejectedLine[];
  updated: number;
}

/** An incident. */
export interface IncidentView {
  act?: ActView | null;
  /** Other rules that they break. */
  also: string[];
  /** The viewer's message that they answer. */
  answers?: string | null;
  at: string;
  /** Who decided. */
  by?: string | null;
  from_media_ms: number;
  id: string;
  /** Why the machine left it to people: `bound`, `aired` or `refused`. */
  left?: string | null;
  /** The incident that leads the case, when it is another one. */
  of?: string | null;
  /** What the policy wants done. */
  response: string;
  room?: TurnView | null;
  /** The gravest rule that the words break. */
  rule: string;
  /** 0 to 1. */
  score: number;
  /** `notice`, `serious` or `grave`. */
  severity: string;
  stake: StakeView;
  /** `open`, `confirmed`, `dismissed` or `withdrawn`. */
  state: string;
  /** The words; null once they are erased. */
  text?: string | null;
  to_media_ms: number;
  /** `right`, `wrong` or `late`. */
  verdict?: string | null;
}

/** A show's incidents. */
export interface IncidentsView {
  /** `ok`, `late`, `out`, `no_model`, `language`, `full` or `off`; null: nobody listens. */
  hearing?: string | null;
  /** Newest first. */
  incidents: IncidentView[];
  /** Of these, how many were not understood. */
  not_heard: number;
  policy?: PolicyView | null;
  /** Sentences that were finished. */
  sentences: number;
}

/** Where a job stands. */
export type JobState = "none" | "running" | "ready" | "failed" | "stopped";

/** A job as the API shows it. */
export interface JobView {
  asked_at?: string | null;
  /** Steps done. */
  done: number;
  /** When the answer that is there was ready. */
  done_at?: string | null;
  error?: string | null;
  /** Of so many; 0 where nobody knows. */
  of: number;
  /** What it is busy with. */
  stage?: string | null;
  state: JobState;
}

/** What people made of an incident. */
export type Judged = "right" | "wrong" | "late" | "undecided";

/** Whose standing. */
export type Kind = "host" | "brand";

/** What the host has changed and the picture has not reached yet; a page holds it until then. */
export interface LaterView {
  air_ms: number;
  offer?: OfferView | null;
  pin?: PinView | null;
}

/** What a plan must keep to. */
export interface Limits {
  /** TOML; the guide to `plan` has every key. */
  constraints: string;
}

/** A sentence of the host. */
export interface LineView {
  from_media_ms: number;
  /** `false`: there was speech, and it was not understood. */
  heard: boolean;
  /** It is finished. */
  last: boolean;
  text: string;
  to_media_ms: number;
}

/** An action in the show's log. */
export interface LoggedAction {
  /** Who, by name. */
  actor: string;
  at: string;
  forced: boolean;
  from_air_ms?: number | null;
  from_media_ms: number;
  id: string;
  kind: string;
  late: boolean;
  reason?: string | null;
  /** `active`, `ended`, `undone` or `shortened`. */
  state: string;
  time_to_air_ms: number;
  to_air_ms?: number | null;
  to_media_ms?: number | null;
  undone_at?: string | null;
}

/** A minute of trade. */
export interface Minute {
  /** Whole minutes since 1970. */
  at_min: number;
  cancelled: number;
  orders: number;
  refunds: number;
  unfollows: number;
}

/** A decision about the room. */
export type ModerationAsk = 
  | {
    id: string;
    kind: "delete";
  }
  | {
    kind: "time_out";
    seconds: number;
    viewer: string;
  }
  | {
    kind: "ban";
    viewer: string;
  }
  | {
    kind: "unban";
    viewer: string;
  }
  | {
    kind: "slow";
    seconds: number;
  }
  | {
    kind: "hold";
    on: boolean;
  }
  | {
    kind: "lock";
    on: boolean;
  }
  | {
    id: string;
    kind: "approve";
  }
  | {
    id: string;
    kind: "reject";
  };

/** Something that happened in an incident. */
export interface MomentView {
  at: string;
  /** Who did it, where somebody did. */
  by?: string | null;
  /** With `ordered` and `taken`: `mute`, `cover` or `hand_over`. */
  kind?: string | null;
  /** With `taken` and `taken_back`: a part had aired. */
  late?: boolean | null;
  /** With `left`: why the machine left it to people: `bound`, `aired` or `refused`. */
  left?: string | null;
  /** With `room`: it turned; else it leaned. */
  sure?: boolean | null;
  /** With `taken`: how long the words were to air. */
  time_to_air_ms?: number | null;
  /** With `judged`: `right`, `wrong` or `late`. */
  verdict?: string | null;
  /**
   * `opened`, `ordered`, `changed`, `taken`, `left`, `room`, `taken_back`, `aired`, `confirmed`, `dismissed`, `withdrawn` or
   * `judged`.
   */
  what: string;
}

/** An amount in minor units of a currency. */
export interface MoneyView {
  /** ISO 4217. */
  currency: string;
  /** Minor units: fen, cents, kopecks. */
  minor: number;
}

/** Somebody by address and by name. */
export interface Named {
  name: string;
  slug: string;
}

export interface NewBrand {
  name: string;
  slug: string;
}

export interface NewHost {
  name: string;
  slug: string;
}

export interface NewProduct {
  brand: string;
  category?: string;
  image?: string | null;
  price: MoneyView;
  sku: string;
  stock?: number;
  title: string;
}

export interface NewShow {
  delay_s?: number | null;
  host: string;
  language?: string | null;
  offers?: string[];
  policy?: PolicyView | null;
  slug: string;
  standby?: string | null;
  start?: Start;
  /** RFC 3339. */
  starts_at?: string | null;
  title: string;
}

export interface NewToken {
  /** What it is for. */
  label: string;
}

export interface NewUser {
  brand?: string | null;
  host?: string | null;
  name: string;
  password: string;
  roles: Role[];
}

export interface OfferTerms {
  /** Seconds from what the host does now until it closes. */
  closes_in_s?: number | null;
  /** Pieces per buyer; 0 lifts the limit. */
  limit?: number | null;
  /** Seconds from what the host does now until it opens. */
  opens_in_s?: number | null;
  price?: MoneyView | null;
  /** Only when it is added. */
  sku?: string | null;
}

/** An offer as viewers meet it. */
export interface OfferView {
  brand?: string | null;
  category?: string | null;
  closes_air_ms?: number | null;
  image?: string | null;
  /** Pieces still to sell. */
  left: number;
  /** Pieces that one buyer may have. */
  limit?: number | null;
  /** When it opens, in milliseconds of AirTime. */
  opens_air_ms?: number | null;
  price: MoneyView;
  selling: boolean;
  sku: string;
  title?: string | null;
  was?: MoneyView | null;
  /** Why it does not sell. */
  why?: string | null;
}

export interface OpenAsk {
  /** Why it must be looked into; kept with the log. */
  reason: string;
}

export interface OrderAsk {
  /** The AirTime that the buyer watches; the server clamps it to what can be true. */
  air_ms?: number | null;
  buyer: Buyer;
  price_seen?: MoneyView | null;
  quantity: number;
  sku: string;
}

/** A page of orders, newest first. */
export interface OrderList {
  /** Where the next page goes on; null on the last one. */
  next?: number | null;
  orders: OrderView[];
}

/** An order. */
export interface OrderView {
  air_ms: number;
  at: string;
  brand: string;
  buyer?: Buyer | null;
  expires_at?: string | null;
  host: string;
  id: string;
  price: MoneyView;
  quantity: number;
  show: string;
  sku: string;
  /** `reserved`, `paid`, `cancelled_by_buyer`, `cancelled_by_seller`, `refunded` or `expired`. */
  status: string;
  title: string;
  total: MoneyView;
}

/** A message that waits for a moderator. */
export interface PendingView {
  id: string;
  nick: string;
  text: string;
  viewer: string;
}

export interface PinAsk {
  /** Absent or null: nothing is pinned. */
  sku?: string | null;
}

/** What is pinned, and when viewers see it. */
export interface PinView {
  air_ms: number;
  sku?: string | null;
}

/** A plan under way or done. */
export type PlanView = JobView & {
  /** What less risk costs, as in `frontier.json`. */
  frontier?: Record<string, unknown> | null;
  /** The last plan, as in `plan.json`; null before the first, and where the caller has it. */
  plan?: Record<string, unknown> | null;
};

/** What is done about what the host says. */
export interface PolicyView {
  /** `advise` or `act`. */
  mode: string;
  /** `off`, `advise`, `mute`, `cover` or `hand_over` for a rule, a pack (`core/*`) or everything (`*`). */
  on: Record<string, unknown>;
  /** Rule packs that judge. */
  rules: string[];
}

/** How often the sentinel is right. */
export interface PrecisionView {
  detectors: DetectorPrecision[];
  /** Hours of shows with a policy, which were listened to. */
  hours: number;
  rules: RulePrecision[];
}

/** A product with its stock. */
export interface ProductView {
  brand: string;
  category: string;
  image?: string | null;
  /** Still to sell. */
  left: number;
  price: MoneyView;
  /** Held by unpaid orders. */
  reserved: number;
  sku: string;
  /** Paid for. */
  sold: number;
  /** Pieces there ever were to sell. */
  stock: number;
  title: string;
}

/** An action on the program. */
export interface RecapAction {
  /** Who, by name. */
  actor: string;
  at: string;
  /** When it began on air. */
  from_air_ms?: number | null;
  id: string;
  kind: string;
  /** A part of what was asked for had aired. */
  late: boolean;
  /** How much of the program it took; null where it has no end. */
  length_ms?: number | null;
  /** Null where none was given, or once it is erased. */
  reason?: string | null;
  recording_s?: number | null;
  /** `active`, `ended`, `undone` or `shortened`. */
  state: string;
  time_to_air_ms: number;
  to_air_ms?: number | null;
  undone_by?: string | null;
}

/** Who was on air when. */
export interface RecapHours {
  /** What lies between sessions. */
  breaks: RecapStretch[];
  /** The standby on air. */
  hand_overs: RecapStretch[];
  /** Time of the program with the host's picture or sound. */
  host_ms: number;
  /** Slate and silence. */
  nobody_ms: number;
  /** The host on air; pauses below a minute are counted in. */
  sessions: RecapStretch[];
  standby_ms: number;
}

/** An incident and where it lies. */
export interface RecapIncident {
  /** When its words aired, or would have. */
  air_ms?: number | null;
  incident: IncidentView;
  /** The second of the recording; null where there is none. */
  recording_s?: number | null;
}

/** What did not fit into the recap. */
export interface RecapLeftOut {
  actions: number;
  /** Changes of who was on air; hours and breaks after them are not right. */
  changes: number;
  /** The program stalled so often that moments of the recording are not exact from some moment on. */
  clock: boolean;
  /** Facts that happened while the store was away for so long that they could not be kept. */
  facts: number;
  incidents: number;
  /** The log goes on: ask again. */
  log: boolean;
  /** The show has more minutes than are told one by one. */
  minutes: boolean;
  /** There are more orders than were counted. */
  orders: boolean;
}

/** The show minute by minute; all lists have one value for each minute from `from` on. */
export interface RecapMinutes {
  cancelled: number[];
  copies: number[];
  /** The minute in which the show began; null when it never did. */
  from?: string | null;
  /** Messages held for review, beside those said. */
  held: number[];
  orders: number[];
  refunds: number[];
  refused: number[];
  said: number[];
  /** On average; null where nobody counted. */
  viewers: (number | null)[];
}

/** What one product sold. */
export interface RecapProduct {
  orders: number;
  /** Units cancelled, expired or paid back. */
  returned: number;
  sku: string;
  title: string;
  /** Units paid or kept. */
  units: number;
  value: RecapValue[];
}

/** What was sold, as its orders stand now. */
export interface RecapSales {
  cancelled: number;
  expired: number;
  /** All that were placed. */
  orders: number;
  /** Orders of products that are not listed. */
  other_products: number;
  paid: number;
  /** What sold the most units first. */
  products: RecapProduct[];
  refunded: number;
  reserved: number;
  value: RecapValue[];
}

/** A stretch of the program. */
export interface RecapStretch {
  /** When it began. */
  at: string;
  from_air_ms: number;
  recording_s?: number | null;
  to_air_ms: number;
}

/** What was said in the room, in numbers. */
export interface RecapTalk {
  /** Of those said, copies of a text that the room had just read; 0 where the room was not read. */
  copies: number;
  /** Messages that moderators took away. */
  deleted: number;
  /** Messages held for review, beside those said; one that was let through is said as well. */
  held: number;
  refused: number;
  /** Messages that the room got to read. */
  said: number;
  /** Times that a viewer was silenced. */
  silenced: number;
}

/** A room that turned. */
export interface RecapTurn {
  /** The incident that it belongs to. */
  incident: string;
  /** Where in the recording it began. */
  recording_s?: number | null;
  turn: TurnView;
}

/** Orders of one currency, as they stand now. */
export interface RecapValue {
  /** Cancelled or expired before it was paid. */
  cancelled: MoneyView;
  currency: string;
  /** Kept for buyers who have not paid yet. */
  open: MoneyView;
  /** Paid, and not paid back. */
  paid: MoneyView;
  refunded: MoneyView;
}

/** What a show was. */
export interface RecapView {
  /** In the order in which they were taken. */
  actions: RecapAction[];
  /** Until when; later than the end of a show that has ended. */
  at: string;
  /** Entries of the log that it rests on. */
  entries: number;
  hours: RecapHours;
  /** In the order in which they were opened. */
  incidents: RecapIncident[];
  left_out: RecapLeftOut;
  minutes: RecapMinutes;
  sales: RecapSales;
  show: ShowView;
  talk: RecapTalk;
  /** In the order in which the room turned. */
  turns: RecapTurn[];
  viewers: RecapViewers;
}

/** How many watched. */
export interface RecapViewers {
  /** For half of the time there were fewer. */
  median: number;
  /** The most at once. */
  peak: number;
  /** When that was first. */
  peak_at?: string | null;
}

/** A line that was not taken. */
export interface RejectedLine {
  /** Counted from 1, the header being line 1. */
  line: number;
  reason: string;
}

/** What somebody is allowed to do. */
export type Role = "operator" | "producer" | "host" | "brand_manager";

/** How the room is moderated. */
export interface RoomSettings {
  bans: SilencedView[];
  hold: boolean;
  locked: boolean;
  pending: PendingView[];
  slow_s: number;
}

/** What viewers write and take back. */
export interface RoomView {
  /** False alarms in 1000 hours that are put up with. */
  alarms_per_1000h: number;
  /** In the order of the counts below. */
  channels: ChannelView[];
  /** The last ten minutes, the oldest first. */
  minutes: Minute[];
  /** The server's time, in milliseconds since 1970. */
  now_ms: number;
  /** `ok`, `out` or `language`; null: nobody reads it. */
  reading?: string | null;
  /** The last ten minutes, the oldest second first; seconds in which nothing was written or taken back are left out. */
  seconds: SecondView[];
  /** Messages that nobody had time to read. */
  unread: number;
}

/** How often one rule is right. */
export type RulePrecision = CountsView & {
  /** `words` or `room`. */
  detector: Detector;
  rule: string;
};

/** A sealed clip. */
export interface SealView {
  bytes: number;
  /** Nothing of it was lost on its way to the disk. */
  complete: boolean;
  expires_at: string;
  from_media_ms: number;
  id: string;
  kind: string;
  to_media_ms: number;
}

/** One second. */
export interface SecondView {
  /** Whole seconds since 1970. */
  at_s: number;
  /** Of these, copies of a text that was counted. */
  copies: number;
  /** Per channel, what hit. */
  hits: number[];
  messages: number;
  /** Per channel, what counted. */
  of: number[];
  /** Of these, thinned out in a flood. */
  thinned: number;
}

/** What a seller may make of an order. */
export type SellerStatus = "paid" | "cancelled" | "refunded";

/** Who is signed in. */
export interface SessionView {
  /** Goes into the header `x-csrf-token` of every request that changes something. */
  csrf?: string | null;
  user: Account;
}

export interface Setup {
  name: string;
  password: string;
  /** From the admin link that the first start prints. */
  token: string;
}

/** How one channel moved. */
export interface ShiftView {
  /** The usual share of messages, or events a second. */
  before: number;
  /**
   * `hostile`, `boycott`, `complaint`, `insult_words`, `boycott_words`, `unfollow_words`, `refund_words`, `unfollows`,
   * `cancellations` or `refunds`.
   */
  channel: string;
  /** Hits since it began. */
  hits: number;
  /** The same since it began. */
  now: number;
  /** Messages, or seconds, since it began. */
  of: number;
}

/** A show as everybody sees it. */
export interface ShowView {
  delay_s: number;
  ended_at?: string | null;
  host: Named;
  language: string;
  /** Something has aired and the playlist plays. */
  on_air: boolean;
  /** There is a recording to watch. */
  recording: boolean;
  slug: string;
  standby?: Named | null;
  start: Start;
  started_at?: string | null;
  starts_at?: string | null;
  /** `planned`, `live` or `ended`. */
  status: string;
  title: string;
  viewers: number;
}

/** A message that shows a turn. */
export interface ShownMessage {
  id: string;
  /** Null once it is deleted or erased. */
  text?: string | null;
}

export interface SignIn {
  name: string;
  password: string;
}

/** Somebody who may not speak. */
export interface SilencedView {
  /** Null: for good. */
  until?: string | null;
  viewer: string;
}

/** What hung on the moment. */
export interface StakeView {
  /** Orders in the minute before. */
  orders: number;
  /** The offer on screen. */
  sku?: string | null;
  viewers: number;
}

/** One standing in the list. */
export interface StandingRow {
  /** Name in addresses. */
  host: string;
  kind: Kind;
  name: string;
  /** Score, interval, dimensions, pieces of evidence each with its effect, assumptions. */
  standing: Record<string, unknown>;
}

/** One standing with what stands beside it. */
export type StandingView = StandingRow & {
  /** The newest first. */
  appeals: AppealView[];
  /** Points for breaches: what was given, what decayed, what was earned back. */
  ledger: Record<string, unknown>;
};

/** How a show starts. */
export type Start = "auto" | "manual";

export interface StatusAsk {
  to: SellerStatus;
}

export interface StockDelta {
  /** Pieces that came (or went, when negative). */
  delta: number;
}

export interface StreamKey {
  stream_key: string;
}

/** A host's studio. */
export interface StudioView {
  feed?: FeedView | null;
  host: Named;
  /** Goes into OBS as the server. */
  rtmp_url: string;
  shows: ShowView[];
  /** Goes into OBS as the stream key. Only the host and operators see it. */
  stream_key?: string | null;
  suspended: boolean;
}

/** An API token; `token` is there only in the answer that makes it. */
export interface TokenView {
  created_at: string;
  id: string;
  label: string;
  token?: string | null;
}

/** A room that turned. */
export interface TurnView {
  /** The host's media time that aired then. */
  air_media_ms: number;
  /** When the evidence was enough. */
  at: string;
  /** Messages that show it, the earliest first. */
  messages: ShownMessage[];
  /** What moved, the strongest first. */
  shifts: ShiftView[];
  /** When it most likely began. */
  since: string;
  /** `false`: it leaned only, and there were words beside it. */
  sure: boolean;
}

/** An account as operators see it. */
export interface UserView {
  brand?: string | null;
  disabled: boolean;
  host?: string | null;
  name: string;
  roles: Role[];
}

/** Everything that the watch page begins with. `pin`, `offers` and `cuts` are what is seen at `air.now_ms`. */
export interface WatchView {
  air: AirView;
  cuts: CutView[];
  device: DeviceView;
  following: boolean;
  /** In order. */
  later: LaterView[];
  offers: OfferView[];
  pin?: PinView | null;
  playlist: string;
  show: ShowView;
}
