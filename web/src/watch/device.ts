/** What this device keeps for its owner: how they are called in the room and where an order goes. */
import { signal } from "@preact/signals";
import type { Buyer } from "../wire/api";
import type { Draft } from "./order";

function read(key: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

function write(key: string, value: unknown): void {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Without storage it is asked again next time.
  }
}

function readBuyer(): Buyer | null {
  const value = read("rl_buyer") as Partial<Buyer> | null;
  return typeof value?.name === "string" && typeof value.contact === "string" ? { name: value.name, contact: value.contact } : null;
}

function readNick(): string | null {
  const value = read("rl_nick");
  return typeof value === "string" && value ? value : null;
}

export const buyer = signal<Buyer | null>(readBuyer());
export const nick = signal<string | null>(readNick());

export function keepBuyer(next: Buyer | null): void {
  buyer.value = next;
  write("rl_buyer", next);
}

export function keepNick(next: string): void {
  nick.value = next;
  write("rl_nick", next);
}

/** An order whose answer never came is taken up with its old key for this long, also after a reload. */
const unsettled_ms = 120_000;
const draftKey = "rl_unsettled";

export function keepDraft(slug: string, draft: Draft | null): void {
  try {
    if (draft) sessionStorage.setItem(draftKey, JSON.stringify({ slug, draft, at_ms: Date.now() }));
    else sessionStorage.removeItem(draftKey);
  } catch {
    // Without storage the key lives as long as the page.
  }
}

export function keptDraft(slug: string): Draft | null {
  try {
    const kept = JSON.parse(sessionStorage.getItem(draftKey) ?? "null") as { slug: string; draft: Draft; at_ms: number } | null;
    return kept?.slug === slug && Date.now() - kept.at_ms < unsettled_ms && typeof kept.draft.key === "string" ? kept.draft : null;
  } catch {
    return null;
  }
}

/** A random key; `randomUUID` exists only on secure origins, and a shop in a local network may have none. */
export function freshKey(): string {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
