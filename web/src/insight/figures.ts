/** Figures of the analyses in the reader's notation. */
import { number as localNumber } from "../ui/format";
import { locale, t } from "../ui/i18n";
import type { Interval, SeriesTime } from "./types";

const day_ms = 86_400_000;

/** What rounds to zero has no sign. */
function number(value: number, shape: Intl.NumberFormatOptions): string {
  return localNumber(value, { signDisplay: "negative", ...shape });
}

/** Money as a decimal amount: whole units from a hundred on, `compact` for axes and bars. */
export function amount(value: number, currency: string | null | undefined, compact = false): string {
  const size = Math.abs(value);
  const digits = size >= 100 || Number.isInteger(value) ? 0 : 2;
  const shape: Intl.NumberFormatOptions = compact && size >= 10_000 ? { notation: "compact", maximumSignificantDigits: 3 } : { minimumFractionDigits: digits, maximumFractionDigits: digits };
  if (!currency) return number(value, shape);
  try {
    return number(value, { style: "currency", currency, currencyDisplay: "narrowSymbol", ...shape });
  } catch {
    return `${number(value, shape)} ${currency}`;
  }
}

export function percent(value: number, digits = 1): string {
  return number(value, { style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function plain(value: number, digits = 2): string {
  return number(value, { maximumFractionDigits: digits });
}

/** A number with all of its decimals, so that a column of them lines up. */
export function fixed(value: number, digits = 2): string {
  return number(value, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** A number with so many figures that matter, whatever its size. */
export function figures(value: number, count = 4): string {
  return number(value, { maximumSignificantDigits: count });
}

export function range(ends: Interval | null | undefined, words: (value: number) => string): string {
  return ends ? t("insight.range", { low: words(ends[0]), high: words(ends[1]) }) : t("insight.no_interval");
}

export function dayWords(day: string): string {
  const date = new Date(`${day}T00:00:00Z`);
  return Number.isNaN(date.getTime()) ? day : new Intl.DateTimeFormat(locale.value, { dateStyle: "medium", timeZone: "UTC" }).format(date);
}

export function monthWords(month: string): string {
  const date = new Date(`${month}-01T00:00:00Z`);
  return Number.isNaN(date.getTime()) ? month : new Intl.DateTimeFormat(locale.value, { year: "numeric", month: "short", timeZone: "UTC" }).format(date);
}

/** A place on a time axis: seconds since 1970 for a day or a month, the number itself for a number. */
export function placeOf(time: SeriesTime): number {
  if (typeof time === "number") return time;
  return Date.parse(`${time.length === 7 ? `${time}-01` : time}T00:00:00Z`) / 1000;
}

export function timeWords(time: SeriesTime): string {
  return typeof time === "number" ? String(time) : dayWords(time);
}

/** The words of a tick `seconds` on an axis whose ticks stand `step` seconds apart. */
export function tickWords(seconds: number, step: number): string {
  const days = (step * 1000) / day_ms;
  const shape: Intl.DateTimeFormatOptions = days >= 360 ? { year: "numeric" } : days >= 27 ? { year: "2-digit", month: "short" } : { month: "short", day: "numeric" };
  return new Intl.DateTimeFormat(locale.value, { ...shape, timeZone: "UTC" }).format(new Date(seconds * 1000));
}

/** Whether a name comes from a made-up platform: `ringlight exposure sample` begins every name so. */
export function isMadeUp(names: readonly string[]): boolean {
  return names.length > 0 && names.every((name) => name.startsWith("synthetic "));
}
