/** What a viewer sees of a show, as a fold over room messages that the picture has reached. Pure. */
import type { Cut, Later, Offer, Pin, RoomRules, Show, ShowStatus, Watch } from "../wire/api";
import type { Chat, OfferTerms, RoomMessage } from "../wire/room";

/** Older talk than this is let go of. */
export const chat_max = 150;
const cuts_max = 100;

export interface RoomState {
  show: Show;
  offers: Offer[];
  pin: Pin | null;
  viewers: number;
  rules: RoomRules;
  chat: Chat[];
  cuts: Cut[];
  me: { id: string; nick: string } | null;
  /** The room's answer to what this viewer did last. */
  answer: { code: string; message: string; hint: string; retry_after_ms: number | null } | null;
}

export function opened(watch: Watch): RoomState {
  return {
    show: watch.show,
    offers: watch.offers,
    pin: null,
    viewers: watch.show.viewers,
    rules: { slow_s: 0, hold: false, locked: false },
    chat: [],
    cuts: watch.cuts.slice(-cuts_max),
    me: null,
    answer: null,
  };
}

/** The page's data asked for again: what the room has told since stays. */
export function refreshed(state: RoomState, watch: Watch): RoomState {
  return { ...state, show: watch.show, offers: watch.offers, cuts: watch.cuts.slice(-cuts_max) };
}

/** The picture has reached what the page was told in advance. */
export function arrived(state: RoomState, change: Later): RoomState {
  const offers = change.offer ? withOffer(state.offers, change.offer) : state.offers;
  return { ...state, offers, pin: change.pin ? (change.pin.sku ? change.pin : null) : state.pin };
}

export function pinned(state: RoomState, pin: Pin | null): RoomState {
  return { ...state, pin: pin?.sku ? pin : null };
}

export function apply(state: RoomState, message: RoomMessage): RoomState {
  switch (message.type) {
    case "welcome": {
      const { slow_s, hold, locked, viewers, status } = message.state;
      // Without a resume the history follows whole, so what was here would be there twice.
      const chat = message.resumed ? state.chat : [];
      return withStatus({ ...state, chat, viewers, rules: { slow_s, hold, locked }, me: message.viewer }, status);
    }
    case "chat":
      if (state.chat.some((known) => known.id === message.id)) return state;
      return { ...state, chat: [...state.chat, message].slice(-chat_max), answer: mine(state, message) ? null : state.answer };
    case "deleted":
      return { ...state, chat: state.chat.filter((known) => !message.ids.includes(known.id)) };
    case "viewers":
      return { ...state, viewers: message.count };
    case "pin":
      return pinned(state, { sku: message.sku, air_ms: message.air_ms });
    case "offer":
      return { ...state, offers: withOffer(state.offers, offerOf(message)) };
    case "stock":
      return withStock(state, message.sku, message.left);
    case "sold_out":
      return withStock(state, message.sku, 0);
    case "cut": {
      // The same one comes again when it moves, ends or is undone.
      const others = state.cuts.filter((known) => known.id !== message.id);
      if (message.state === "undone") return { ...state, cuts: others };
      const cut: Cut = { id: message.id, kind: message.kind, from_air_ms: message.from_air_ms, to_air_ms: message.to_air_ms ?? null };
      return { ...state, cuts: [...others, cut].slice(-cuts_max) };
    }
    case "show":
      return withStatus(state, message.status);
    case "room":
      return { ...state, rules: { slow_s: message.slow_s, hold: message.hold, locked: message.locked } };
    case "refused":
      return { ...state, answer: { code: message.code, message: message.message, hint: message.hint, retry_after_ms: message.retry_after_ms ?? null } };
    case "held":
      return { ...state, answer: { code: "held", message: "", hint: "", retry_after_ms: null } };
    default:
      return state;
  }
}

function mine(state: RoomState, message: Chat): boolean {
  return message.viewer === state.me?.id;
}

function withStatus(state: RoomState, status: ShowStatus): RoomState {
  return state.show.status === status ? state : { ...state, show: { ...state.show, status } };
}

function withStock(state: RoomState, sku: string, left: number): RoomState {
  return { ...state, offers: state.offers.map((offer) => (offer.sku === sku ? { ...offer, left } : offer)) };
}

function withOffer(offers: Offer[], next: OfferTerms): Offer[] {
  // Terms wait for the picture and stock does not: a number that comes with terms is the older one.
  const left = offers.find((offer) => offer.sku === next.sku)?.left ?? next.left;
  // One that nobody knows how many are left of is asked for (`unknownOffer`).
  return left === undefined ? offers : placed(offers, { ...next, left });
}

/** Whether a message is about an offer that cannot be shown before the page asks for it. */
export function unknownOffer(state: RoomState, message: RoomMessage): boolean {
  return message.type === "offer" && message.left === undefined && !state.offers.some((offer) => offer.sku === message.sku);
}

function placed(offers: Offer[], next: Offer): Offer[] {
  return offers.some((offer) => offer.sku === next.sku)
    ? offers.map((offer) => (offer.sku === next.sku ? next : offer))
    : [...offers, next];
}

function offerOf(message: Extract<RoomMessage, { type: "offer" }>): OfferTerms {
  const { seq: _seq, epoch: _epoch, at: _at, air_ms: _air, type: _type, ...offer } = message;
  return offer;
}

/** Whether an offer can be bought at a moment of the picture, and if not, why. */
export type Sellable =
  | { ok: true; closes_in_ms: number | null }
  | { ok: false; why: "sold_out" | "not_open" | "closed" | "not_selling"; opens_in_ms?: number; words?: string | null };

/** A window opens and closes when the viewer's picture is there, not when the wall clock is. */
export function sellable(offer: Offer, air_ms: number | null): Sellable {
  const { opens_air_ms: opens, closes_air_ms: closes } = offer;
  if (offer.left <= 0) return { ok: false, why: "sold_out" };
  if (air_ms !== null && typeof opens === "number" && air_ms < opens) return { ok: false, why: "not_open", opens_in_ms: opens - air_ms };
  if (air_ms !== null && typeof closes === "number" && air_ms >= closes) return { ok: false, why: "closed" };
  const inWindow = air_ms !== null && typeof opens === "number";
  // The server judges `selling` at its own air time; inside a window the picture's time decides.
  if (!offer.selling && !(inWindow && offer.why !== "show_ended")) return { ok: false, why: "not_selling", words: offer.why ?? null };
  return { ok: true, closes_in_ms: air_ms !== null && typeof closes === "number" ? closes - air_ms : null };
}

/** A line about a cut stays at least this long, so that it can be read. */
const cut_shown_ms = 5_000;

/** The cut that the picture is in, or has just left. */
export function cutAt(cuts: Cut[], air_ms: number | null): Cut | null {
  if (air_ms === null) return null;
  const here = (cut: Cut) =>
    air_ms >= cut.from_air_ms &&
    (typeof cut.to_air_ms !== "number" || air_ms < Math.max(cut.to_air_ms, cut.from_air_ms) + cut_shown_ms);
  return cuts.findLast(here) ?? null;
}
