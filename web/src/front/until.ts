/** "in 20 minutes", in the reader's language. */
import type { Time } from "../wire/api";
import { locale } from "../ui/i18n";

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
];

/** Empty for what is past or not a time. */
export function until(time: Time, now_ms: number = Date.now()): string {
  const left = Date.parse(time) - now_ms;
  if (Number.isNaN(left) || left < 0) return "";
  const [unit, size] = steps.find(([, size]) => left >= size) ?? ["minute", 60_000];
  return new Intl.RelativeTimeFormat(locale.value, { numeric: "auto" }).format(Math.max(1, Math.round(left / size)), unit);
}
