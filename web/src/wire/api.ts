/**
 * The shapes of the HTTP API (`/api/v1`) as the pages use them. JSON, snake_case; times are RFC 3339
 * UTC with milliseconds; air and media times are milliseconds on their own clocks and never mix.
 */

/** RFC 3339 UTC with milliseconds. */
export type Time = string;
/** Milliseconds of AirTime: the program's continuous clock. */
export type AirMs = number;
/** Milliseconds of MediaTime: the clock of one source. */
export type MediaMs = number;

export interface Money {
  minor: number;
  currency: string;
}

export interface Named {
  slug: string;
  name: string;
}

export type Role = "operator" | "producer" | "host" | "brand_manager";

export interface User {
  name: string;
  roles: Role[];
  host?: string | null;
  brand?: string | null;
  disabled?: boolean;
}

export interface Session {
  user: User;
  csrf: string;
}

export interface TokenInfo {
  id: string;
  label: string;
  /** Present once, in the answer that creates it. */
  token?: string;
  at?: Time;
}

export interface Host extends Named {
  suspended: boolean;
  followers: number;
  receiving: boolean;
}

export interface HostWithKey {
  host: Host;
  stream_key: string;
}

export type Brand = Named;

export interface Category {
  name: string;
  products: number;
}

export interface Product {
  sku: string;
  title: string;
  brand: string;
  category: string;
  price: Money;
  image?: string | null;
  stock: number;
  reserved: number;
  sold: number;
  left: number;
}

export interface ImportReport {
  created: number;
  updated: number;
  rejected: { line: number; reason: string }[];
}

export type ShowStatus = "planned" | "live" | "ended";

export interface Show {
  slug: string;
  title: string;
  host: Named;
  standby?: Named | null;
  language: string;
  status: ShowStatus;
  delay_s: number;
  starts_at?: Time | null;
  started_at?: Time | null;
  ended_at?: Time | null;
  start: "auto" | "manual";
  viewers: number;
  on_air: boolean;
  recording: boolean;
}

export interface Front {
  live: Show[];
  next: Show[];
  past: Show[];
}

export interface Offer {
  sku: string;
  title: string;
  image?: string | null;
  brand: string;
  category: string;
  price: Money;
  was?: Money | null;
  left: number;
  limit?: number | null;
  opens_air_ms?: AirMs | null;
  closes_air_ms?: AirMs | null;
  selling: boolean;
  why?: string | null;
}

export interface Pin {
  sku: string | null;
  air_ms: AirMs;
}

export interface Cut {
  from_air_ms: AirMs;
  to_air_ms?: AirMs | null;
  kind: string;
}

export interface Watch {
  show: Show;
  playlist: string;
  /** `epoch` is the wall-clock time of AirTime 0 as PROGRAM-DATE-TIME counts it; null before the first air. */
  air: { epoch: Time | null; now_ms: AirMs };
  pin: Pin | null;
  offers: Offer[];
  following: boolean;
  device: { nick?: string | null };
  cuts: Cut[];
}

export type OrderStatus =
  | "reserved"
  | "paid"
  | "cancelled_by_buyer"
  | "cancelled_by_seller"
  | "refunded"
  | "expired";

export interface Buyer {
  name: string;
  contact: string;
}

export interface Order {
  id: string;
  show: string;
  host: string;
  brand: string;
  sku: string;
  title: string;
  quantity: number;
  price: Money;
  total: Money;
  status: OrderStatus;
  air_ms: AirMs | null;
  at: Time;
  expires_at?: Time | null;
  buyer?: Buyer | null;
}

export interface NewOrder {
  sku: string;
  quantity: number;
  buyer: Buyer;
  price_seen?: Money;
  air_ms?: AirMs;
}

export type ActionKind = "mute" | "cut" | "cover" | "hand_over" | "resume" | "dump" | "panic";

export interface NewAction {
  kind: ActionKind;
  reason?: string;
  from_ms?: number;
  to_ms?: number;
  from_media_ms?: MediaMs;
  to_media_ms?: MediaMs;
  force?: boolean;
}

export interface Action {
  id: string;
  kind: ActionKind;
  from_media_ms: MediaMs;
  to_media_ms: MediaMs | null;
  from_air_ms: AirMs | null;
  airs_at: Time | null;
  ends_at: Time | null;
  time_to_air_ms: number;
  late: boolean;
  state: string;
  actor?: string;
  reason?: string | null;
  at?: Time;
  undone_at?: Time | null;
}

export interface DelayChange {
  delay_s: number;
  effective_air_ms: AirMs;
  how: "slate" | "dump";
}

export interface RoomRules {
  slow_s: number;
  hold: boolean;
  locked: boolean;
}

export interface Moderation extends RoomRules {
  bans: { viewer: string; nick: string; until?: Time | null }[];
  pending: { id: string; viewer: string; nick: string; text: string }[];
}

export type ModerationStep =
  | { kind: "delete"; id: string }
  | { kind: "time_out"; viewer: string; seconds: number }
  | { kind: "ban" | "unban"; viewer: string }
  | { kind: "slow"; seconds: number }
  | { kind: "hold" | "lock"; on: boolean }
  | { kind: "approve" | "reject"; id: string };

export interface Hint {
  code: string;
  message: string;
}

export interface Feed {
  receiving: boolean;
  since?: Time | null;
  video?: {
    codec: string;
    width: number;
    height: number;
    fps: number;
    bitrate_kbps: number;
    key_interval_s: number;
  } | null;
  audio?: { codec: string; sample_rate: number; channels: number; bitrate_kbps: number } | null;
  hints: Hint[];
  refused?: Hint | null;
}

export interface Studio {
  host: Named;
  suspended?: boolean;
  rtmp_url: string;
  /** Null for producers: only the host and operators see it. */
  stream_key: string | null;
  shows: Show[];
  feed: Feed | null;
}

export interface Sealed {
  id: string;
  from_media_ms: MediaMs;
  to_media_ms: MediaMs;
  kind: string;
  expires_at: Time;
  bytes: number;
  complete: boolean;
}

/** What the desk socket pushes about four times a second. */
export interface DeskState {
  type: "desk";
  air_ms: AirMs;
  delay_s: number;
  in_delay_ms: number;
  newest_media_ms: MediaMs;
  air_media_ms: MediaMs;
  on: "host" | "standby" | "slate";
  video: "host" | "standby" | "slate";
  audio: "host" | "standby" | "silence";
  why?: string | null;
  status: ShowStatus;
  feed: Feed | null;
  standby: { slug: string; name: string; ready: boolean; why?: string | null } | null;
  actions: Action[];
  viewers: number;
  msgs_per_s: number[];
  orders_per_min: number[];
  revenue: Money | null;
  pin: Pin | null;
  store: "ok" | "degraded" | "down";
  recording: boolean;
  storage_note?: string | null;
}
