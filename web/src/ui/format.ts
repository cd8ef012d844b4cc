/** Money, times and numbers in the reader's notation. */
import type { Money, Time } from "../wire/api";
import { locale } from "./i18n";

const cache = new Map<string, Intl.NumberFormat>();

function currencyFormat(tag: string, currency: string): Intl.NumberFormat | null {
  const key = `${tag} ${currency}`;
  let format = cache.get(key);
  if (!format) {
    try {
      format = new Intl.NumberFormat(tag, { style: "currency", currency, currencyDisplay: "narrowSymbol" });
    } catch {
      return null;
    }
    cache.set(key, format);
  }
  return format;
}

/** Digits after the point of a currency (ISO 4217): 2 for CNY, 0 for JPY, 3 for KWD. */
export function minorDigits(currency: string): number {
  return currencyFormat("en", currency)?.resolvedOptions().maximumFractionDigits ?? 2;
}

/** The plain decimal of an amount, exact for every safe integer: `7900 CNY` is `79.00`. */
export function decimalOf(amount: Money): string {
  const digits = minorDigits(amount.currency);
  const sign = amount.minor < 0 ? "-" : "";
  const text = String(Math.abs(amount.minor)).padStart(digits + 1, "0");
  return digits === 0 ? sign + text : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** `79.00` + `CNY` as money; null when the text is no such amount. */
export function parseMoney(text: string, currency: string): Money | null {
  const digits = minorDigits(currency);
  const match = /^(\d{1,13})(?:[.,](\d+))?$/.exec(text.trim());
  const [, whole, part = ""] = match ?? [];
  if (whole === undefined || part.length > digits) return null;
  const minor = Number(whole + part.padEnd(digits, "0"));
  return Number.isSafeInteger(minor) ? { minor, currency } : null;
}

export function money(amount: Money, tag: string = locale.value): string {
  const format = currencyFormat(tag, amount.currency);
  const plain = decimalOf(amount);
  // Formatting the decimal text keeps the arithmetic out of floats where the engine allows it.
  return format ? format.format(plain as unknown as number) : `${plain} ${amount.currency}`;
}

export function times(amount: Money, quantity: number): Money {
  return { minor: amount.minor * quantity, currency: amount.currency };
}

export function sameMoney(a: Money, b: Money): boolean {
  return a.minor === b.minor && a.currency === b.currency;
}

export function number(value: number, options?: Intl.NumberFormatOptions): string {
  return value.toLocaleString(locale.value, options);
}

/** `mm:ss.t` of a duration; hours appear when there are any. Negative durations keep their sign. */
export function clock(ms: number, tenths = true): string {
  const sign = ms < 0 ? "−" : "";
  const all = Math.floor(Math.abs(ms) / 100);
  const hours = Math.floor(all / 36_000);
  const two = (n: number) => String(n).padStart(2, "0");
  const body = `${two(Math.floor(all / 600) % 60)}:${two(Math.floor(all / 10) % 60)}`;
  return `${sign}${hours > 0 ? `${two(hours)}:` : ""}${body}${tenths ? `.${all % 10}` : ""}`;
}

export function localTime(time: Time | Date, options: Intl.DateTimeFormatOptions = { timeStyle: "short" }): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? "" : new Intl.DateTimeFormat(locale.value, options).format(date);
}

/** Time alone for today, with the day for anything else. */
export function localWhen(time: Time | Date, now: Date = new Date()): string {
  const date = new Date(time);
  const today = date.toDateString() === now.toDateString();
  return localTime(
    date,
    today
      ? { hour: "2-digit", minute: "2-digit" }
      : { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
  );
}

/** What a hover says: the same instant in UTC. */
export function utc(time: Time | Date): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? "" : `${date.toISOString().replace("T", " ").slice(0, 19)} UTC`;
}
