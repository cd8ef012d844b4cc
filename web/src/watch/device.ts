/** What this device keeps for its owner: how they are called in the room and where an order goes. */
import { signal } from "@preact/signals";
import type { Buyer } from "../wire/api";

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

/** A random key; `randomUUID` exists only on secure origins, and a shop in a local network may have none. */
export function freshKey(): string {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
