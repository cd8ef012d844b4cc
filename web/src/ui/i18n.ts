/**
 * Words of the pages. Flat keys; `{name}` is replaced; a counted phrase has one key per plural form
 * (`key_one`, `key_few`, `key_many`, `key_other`). `messages/` is what viewers read and what all pages
 * share, `messages/crew/` is desk, studio and ops, so that a phone never loads the latter; `messages/insight/` are
 * the pictures and tables of the analyses.
 */
import { signal } from "@preact/signals";
import type en from "../messages/en.json";
import type crewEn from "../messages/crew/en.json";
import type insightEn from "../messages/insight/en.json";

export const locales = ["en", "zh", "ru"] as const;
export type Locale = (typeof locales)[number];
export const localeNames: Record<Locale, string> = { en: "English", zh: "中文", ru: "Русский" };

export type MessageKey = keyof typeof en | keyof typeof crewEn | keyof typeof insightEn;
/** A key of a counted phrase, without its plural form. */
export type CountKey = MessageKey extends infer K ? (K extends `${infer Base}_other` ? Base : never) : never;
export type Params = Record<string, string | number>;

type Messages = Record<string, string>;
const storageKey = "rl_lang";

const shared: Record<Locale, () => Promise<{ default: Messages }>> = {
  en: () => import("../messages/en.json"),
  zh: () => import("../messages/zh.json"),
  ru: () => import("../messages/ru.json"),
};
const crew: Record<Locale, () => Promise<{ default: Messages }>> = {
  en: () => import("../messages/crew/en.json"),
  zh: () => import("../messages/crew/zh.json"),
  ru: () => import("../messages/crew/ru.json"),
};
const insight: Record<Locale, () => Promise<{ default: Messages }>> = {
  en: () => import("../messages/insight/en.json"),
  zh: () => import("../messages/insight/zh.json"),
  ru: () => import("../messages/insight/ru.json"),
};

/** Which words a page needs beside the shared ones. */
export interface Words {
  crew?: boolean;
  insight?: boolean;
}

export const locale = signal<Locale>("en");
const messages = signal<Messages>({});
const plurals = new Map<Locale, Intl.PluralRules>();
let words: Words = {};

function supported(tag: string | null | undefined): Locale | null {
  const base = tag?.toLowerCase().split("-")[0];
  return locales.find((name) => name === base) ?? null;
}

/** What the person chose on this device, else the first language of the browser that exists here. */
export function preferred(): Locale {
  const chosen = supported(remembered());
  if (chosen) return chosen;
  for (const tag of navigator.languages) {
    const found = supported(tag);
    if (found) return found;
  }
  return "en";
}

function remembered(): string | null {
  try {
    return localStorage.getItem(storageKey);
  } catch {
    return null;
  }
}

/** Loads more words, for a part of a page that is opened later. */
export async function needWords(wanted: Words): Promise<void> {
  if ((wanted.crew && !words.crew) || (wanted.insight && !words.insight)) {
    words = { ...words, ...wanted };
    await load(locale.value);
  }
}

async function load(next: Locale): Promise<void> {
  const parts = await Promise.all([shared[next](), ...(words.crew ? [crew[next]()] : []), ...(words.insight ? [insight[next]()] : [])]);
  use(next, Object.assign({}, ...parts.map((part) => part.default)) as Messages);
}

/** Puts a catalogue in place; tests call it with their own. */
export function use(next: Locale, catalogue: Messages): void {
  messages.value = catalogue;
  locale.value = next;
  if (typeof document !== "undefined") document.documentElement.lang = next;
}

export async function startI18n(wanted: Words = {}): Promise<void> {
  words = wanted;
  await load(preferred());
}

export async function setLocale(next: Locale): Promise<void> {
  try {
    localStorage.setItem(storageKey, next);
  } catch {
    // A browser without storage still switches for this visit.
  }
  await load(next);
}

function fill(text: string, params: Params | undefined): string {
  if (!params) return text;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in params ? String(params[name]) : whole));
}

/** The phrase for `key` in the current language; reading it in a component makes it follow a switch. */
export function t(key: MessageKey, params?: Params): string {
  return fill(messages.value[key] ?? key, params);
}

/** The phrase for `n` things; `{n}` is the number in the reader's notation. */
export function tn(key: CountKey, n: number, params?: Params): string {
  const name = locale.value;
  let rules = plurals.get(name);
  if (!rules) plurals.set(name, (rules = new Intl.PluralRules(name)));
  const text = messages.value[`${key}_${rules.select(n)}`] ?? messages.value[`${key}_other`] ?? key;
  return fill(text, { n: n.toLocaleString(name), ...params });
}

/** A phrase for a code that the server sent, or its own words when this page has none for it. */
export function tOr(key: string, fallback: string, params?: Params): string {
  const text = messages.value[key];
  return text === undefined ? fallback : fill(text, params);
}
