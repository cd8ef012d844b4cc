// Hotkeys of the desk: which key press means which command. Pure.

import { isTyping, letterOf, takesEnter } from "../ui/keys";

export type Command =
  | "mute" | "cut" | "cover" | "hand_over" | "panic" | "resume" | "dump" | "undo" | "help" | "strip" | "escape"
  | "confirm" | "widen" | "dismiss";

const BY_LETTER: Readonly<Record<string, Command>> = {
  m: "mute", c: "cut", o: "cover", h: "hand_over", p: "panic", r: "resume", d: "dump", u: "undo", s: "strip",
  // D throws the delay away: letting one sentence air must never be a slip away from that.
  w: "widen", l: "dismiss",
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
  if (press.key === "Enter") return takesEnter(press.target) ? null : "confirm";
  return BY_LETTER[letterOf(press)] ?? null;
}
