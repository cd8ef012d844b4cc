/**
 * The shapes of the HTTP API (`/api/v1`) as the pages use them: those that the server describes
 * (`schema.ts`), with its words narrowed to the ones that the pages know, and those of its sockets. JSON,
 * snake_case; times are RFC 3339 UTC with milliseconds; air and media times are milliseconds on their own
 * clocks and never mix.
 */
import type * as Insight from "../insight/types";
import type * as S from "./schema";

/** RFC 3339 UTC with milliseconds. */
export type Time = string;
/** Milliseconds of AirTime: the program's continuous clock. */
export type AirMs = number;
/** Milliseconds of MediaTime: the clock of one source. */
export type MediaMs = number;

/** `T` with some fields narrowed; a field that `T` does not have, or has otherwise, does not compile. */
type With<T, N extends { [K in keyof N]: K extends keyof T ? T[K] : never }> = Omit<T, keyof N> & N;

export type Money = S.MoneyView;
export type Named = S.Named;
export type Role = S.Role;
export type User = S.Account & Partial<Pick<S.UserView, "disabled">>;
export type Session = With<S.SessionView, { user: User }>;
/** `token` is there once, in the answer that creates it. */
export type TokenInfo = S.TokenView;
export type Host = S.HostView;
export type HostWithKey = S.HostWithKey;
export type Brand = S.Brand;
export type Category = S.Category;
export type Product = S.ProductView;
export type ImportReport = S.ImportReport;

export type ShowStatus = "planned" | "live" | "ended";
export type Show = With<S.ShowView, { status: ShowStatus }>;
export type Front = With<S.Front, { live: Show[]; next: Show[]; past: Show[] }>;

export type Offer = With<S.OfferView, { title: string; brand: string; category: string }>;
export type Pin = With<S.PinView, { sku: string | null }>;
export type Cut = S.CutView;
/** What the host has changed and the picture has not reached yet. */
export type Later = With<S.LaterView, { offer: Offer | null; pin: Pin | null }>;
export type Watch = With<S.WatchView, { show: Show; pin: Pin | null; offers: Offer[]; later: Later[] }>;

export type OrderStatus =
  | "reserved"
  | "paid"
  | "cancelled_by_buyer"
  | "cancelled_by_seller"
  | "refunded"
  | "expired";
export type Buyer = S.Buyer;
export type Order = With<S.OrderView, { status: OrderStatus }>;
export type OrderPage = With<S.OrderList, { orders: Order[] }>;
export type NewOrder = S.OrderAsk;

export type ActionKind = "mute" | "cut" | "cover" | "hand_over" | "resume" | "dump" | "panic";
export type NewAction = With<S.ActionAsk, { kind: ActionKind }>;

/** An action in the log, in the desk's message or in the answer to a key: the log alone knows who and why. */
export type Action = With<
  Pick<S.ActionView & S.LoggedAction, keyof S.ActionView & keyof S.LoggedAction>,
  { kind: ActionKind; to_media_ms: MediaMs | null; from_air_ms: AirMs | null }
> &
  { [K in "airs_at" | "ends_at"]?: S.ActionView[K] | null } &
  Partial<Pick<S.LoggedAction, "actor" | "reason" | "at" | "undone_at">>;

export type DelayChange = S.DelayView;

export type RoomRules = Pick<S.RoomSettings, "slow_s" | "hold" | "locked">;
export type Moderation = S.RoomSettings;
export type ModerationStep = S.ModerationAsk;

export type Hint = S.FeedHint;
export type Feed = S.FeedView;

/** `stream_key` is null for producers: only the host and operators see it. */
export type Studio = With<S.StudioView, { feed: Feed | null; shows: Show[] }>;

export type Sealed = S.SealView;

/** A sentence of the host; while it is not `last`, later windows replace it. */
export type Line = S.LineView;

/** What a show does about a hit. */
export type Reaction = "off" | "advise" | "mute" | "cover" | "hand_over";
export type PolicyMode = "advise" | "act";
export type Policy = With<S.PolicyView, { mode: PolicyMode; on: Record<string, Reaction> }>;

/** How listening does; null where it stands: nobody listens. */
export type Hearing = "ok" | "late" | "out" | "no_model" | "language" | "full" | "off";
export type Verdict = "right" | "wrong" | "late";
/** What is counted apart in a room: the first seven are shares of messages, the rest counts. */
export type RoomChannel =
  | "hostile"
  | "boycott"
  | "complaint"
  | "insult_words"
  | "boycott_words"
  | "unfollow_words"
  | "refund_words"
  | "unfollows"
  | "cancellations"
  | "refunds";
export type RoomShift = With<S.ShiftView, { channel: RoomChannel }>;
export type RoomTurn = With<S.TurnView, { shifts: RoomShift[] }>;
export type RoomSecond = S.SecondView;
export type RoomMinute = S.Minute;
export type RoomUsual = With<S.ChannelView, { channel: RoomChannel }>;
/** How the reading of a room does; null where it stands: nobody reads. */
export type Reading = "ok" | "out" | "language";
export type RoomReading = With<S.RoomView, { reading: Reading | null; channels: RoomUsual[] }>;
export type IncidentAct = With<S.ActView, { kind: "mute" | "cover" | "hand_over" }>;
export type Incident = With<
  S.IncidentView,
  {
    severity: "notice" | "serious" | "grave";
    state: "open" | "confirmed" | "dismissed" | "withdrawn";
    response: Reaction;
    act: IncidentAct | null;
    left: "bound" | "aired" | "refused" | null;
    verdict: Verdict | null;
    room: RoomTurn | null;
    of: string | null;
  }
>;
export type Incidents = With<S.IncidentsView, { policy: Policy | null; hearing: Hearing | null; incidents: Incident[] }>;
export type Decide = S.DecideAsk;

export type Judged = S.Judged;
/** An incident in the list of all shows. */
export type Case = Omit<S.CaseView, keyof S.IncidentView> & Incident;
export type CasesPage = With<S.CasesView, { incidents: Case[] }>;
/** Something that happened in an incident. */
export type Moment = With<
  S.MomentView,
  {
    what: "opened" | "ordered" | "changed" | "taken" | "left" | "room" | "taken_back" | "aired" | "confirmed" | "dismissed" | "withdrawn" | "judged";
    kind: "mute" | "cover" | "hand_over" | null;
    left: "bound" | "aired" | "refused" | null;
    verdict: Verdict | null;
  }
>;
export type CaseFull = Case & { timeline: Moment[] };
export type Counted = S.CountsView;
export type PrecisionOf = S.PrecisionView;

/** What the desk socket pushes about four times a second, with figures where a show without a program has none. */
export type DeskState = With<
  Omit<S.DeskMessage & S.DeskProgram, "actions" | "incidents" | "lines">,
  {
    type: "desk";
    on: "host" | "standby" | "slate";
    video: "host" | "standby" | "slate";
    audio: "host" | "standby" | "silence";
    status: ShowStatus;
    pin: Pin | null;
    store: "ok" | "degraded" | "down";
    hearing: Hearing | null;
    policy: PolicyMode | null;
  }
> & {
  actions: Action[];
  /** The newest few, newest first. */
  incidents: Incident[];
  /** What was said in the delay and just before, unfinished sentences last. */
  lines: Line[];
};

/** Work that the server does for a while, with its last answer. */
export type Job = S.JobView;
export type ExposureJob = Job & { report?: Insight.Exposure | null };
export type PlanJob = Job & { plan?: Insight.Plan | null; frontier?: Insight.Frontier | null };
export type Confirmed = With<S.ConfirmedView, { severity: "notice" | "serious" | "grave" }>;
export type StandingRow = Omit<S.StandingRow, "standing"> & { standing: Insight.Standing };
export type StandingOf = StandingRow & { ledger: Insight.Ledger; appeals: S.AppealView[] };

/** What a show was. `recording_s` is the second of the recording; null where there is none. */
export type RecapTurn = With<S.RecapTurn, { turn: RoomTurn }>;
export type RecapIncident = With<S.RecapIncident, { incident: Incident }>;
export type RecapAction = With<S.RecapAction, { kind: ActionKind; state: "active" | "ended" | "undone" | "shortened" }>;
export type RecapStretch = S.RecapStretch;
export type RecapProduct = S.RecapProduct;
export type Recap = With<S.RecapView, { show: Show; incidents: RecapIncident[]; turns: RecapTurn[]; actions: RecapAction[] }>;
