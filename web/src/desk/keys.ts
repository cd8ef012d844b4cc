// Hotkeys of the desk: which key press means which command. Pure.

export type Command =
  | "mute" | "cut" | "cover" | "hand_over" | "panic" | "resume" | "dump" | "undo" | "help" | "strip" | "escape";

const BY_LETTER: Readonly<Record<string, Command>> = {
  m: "mute", c: "cut", o: "cover", h: "hand_over", p: "panic", r: "resume", d: "dump", u: "undo", s: "strip",
};

/** The part of a KeyboardEvent that decides. */
export interface KeyPress {
  key: string;
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  repeat: boolean;
  isComposing: boolean;
  target: unknown;
}

/** The command of a key press; null when it is none, is typing, or a held key repeats. */
export function commandOf(press: KeyPress): Command | null {
  if (press.key === "Escape") return press.isComposing ? null : "escape";
  if (press.ctrlKey || press.metaKey || press.altKey) return null;
  if (press.repeat || press.isComposing || isTyping(press.target)) return null;
  if (press.key === "?") return "help";
  return BY_LETTER[letterOf(press)] ?? null;
}

/**
 * The Latin letter of a press. A Cyrillic or Chinese layout gives another `key` for the same
 * keycap, so anything that is not a Latin letter falls back to the position on the keyboard.
 */
function letterOf(press: KeyPress): string {
  if (/^[a-z]$/i.test(press.key)) return press.key.toLowerCase();
  return /^Key[A-Z]$/.test(press.code) ? press.code.slice(3).toLowerCase() : "";
}

const TEXT_INPUTS = new Set(["", "text", "search", "url", "tel", "email", "password", "number", "date", "datetime-local", "time"]);

/** True when the press goes into a field, where letters are text. */
export function isTyping(target: unknown): boolean {
  if (typeof target !== "object" || target === null || !("tagName" in target)) return false;
  const el = target as { tagName: string; type?: string; isContentEditable?: boolean };
  if (el.isContentEditable === true) return true;
  const tag = el.tagName.toUpperCase();
  if (tag === "TEXTAREA" || tag === "SELECT") return true;
  return tag === "INPUT" && TEXT_INPUTS.has(el.type ?? "");
}
