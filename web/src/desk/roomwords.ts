// A turn of the room as a sentence: what it writes, never what anybody feels.

import type { RoomChannel, RoomTurn } from "../wire/api";
import { locale, localTime, number, t, type MessageKey } from "../ui";

export const channelName = (channel: RoomChannel): string => t(`room.channel.${channel}`);

interface TurnFigures {
  channel: RoomChannel;
  now: number;
  hits: number;
  of: number;
  before: number;
}

const chat: ReadonlySet<string> = new Set(["hostile", "boycott", "complaint", "insult_words", "boycott_words", "unfollow_words", "refund_words"]);

/** The key and the figures of the strongest channel; null when nothing moved. */
export function turnWords(room: Pick<RoomTurn, "sure" | "shifts">): { key: MessageKey; values: TurnFigures } | null {
  const [first] = room.shifts;
  if (!first) return null;
  const { channel, now, hits, of, before } = first;
  const isChat = chat.has(channel);
  const key = room.sure ? (isChat ? "desk.turn.chat" : "desk.turn.events") : isChat ? "desk.turn.leans" : "desk.turn.leans_events";
  return { key, values: { channel, now, hits, of, before } };
}

export const secondsOf = (time: string): string => localTime(time, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

export function share(value: number): string {
  const digits = value > 0 && value < 0.1 ? 1 : 0;
  return number(value, { style: "percent", minimumFractionDigits: 0, maximumFractionDigits: digits });
}

/** Events a second as events a minute. */
export function perMinute(value: number): string {
  const many = value * 60;
  return number(many, { maximumFractionDigits: many < 10 ? 1 : 0 });
}

type Told = Pick<RoomTurn, "sure" | "shifts" | "at" | "since">;

export function turnSentence(room: Told): string {
  void locale.value;
  const words = turnWords(room);
  if (words === null) return t("desk.turn.plain", { at: secondsOf(room.at) });
  const { channel, now, hits, of, before } = words.values;
  const isChat = chat.has(channel);
  return t(words.key, {
    at: secondsOf(room.at),
    since: secondsOf(room.since),
    channel: channelName(channel),
    now: isChat ? share(now) : perMinute(now),
    hits: number(hits),
    of: number(of),
    before: isChat ? share(before) : perMinute(before),
  });
}

/** A channel's share of messages, or its events a minute. */
export const amountOf = (channel: RoomChannel, value: number): string => (chat.has(channel) ? share(value) : t("desk.pulse.per_min", { n: perMinute(value) }));

/** What else moved, in short. */
export function otherShifts(room: Pick<RoomTurn, "shifts">): string {
  return room.shifts
    .slice(1)
    .map((one) => `${channelName(one.channel)} ${amountOf(one.channel, one.now)}`)
    .join(", ");
}
