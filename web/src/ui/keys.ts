/** What a key press means before any page gives it a meaning. Pure. */

/**
 * The Latin letter of a press. A Cyrillic or Chinese layout gives another `key` for the same
 * keycap, so anything that is not a Latin letter falls back to the position on the keyboard.
 */
export function letterOf(press: { key: string; code: string }): string {
  if (/^[a-z]$/i.test(press.key)) return press.key.toLowerCase();
  return /^Key[A-Z]$/.test(press.code) ? press.code.slice(3).toLowerCase() : "";
}

const TEXT_INPUTS = new Set(["", "text", "search", "url", "tel", "email", "password", "number", "date", "datetime-local", "time"]);

/** True when the press goes into a field, where letters are text. */
export function isTyping(target: unknown): boolean {
  const el = elementOf(target);
  if (!el) return false;
  if (el.isContentEditable === true || el.tag === "TEXTAREA" || el.tag === "SELECT") return true;
  return el.tag === "INPUT" && TEXT_INPUTS.has(el.type ?? "");
}

const PRESSED_BY_ENTER = new Set(["A", "BUTTON", "INPUT", "SELECT", "SUMMARY", "TEXTAREA", "VIDEO", "AUDIO"]);

/** True when Enter already means something where the focus is. */
export function takesEnter(target: unknown): boolean {
  const el = elementOf(target);
  return el !== null && (el.isContentEditable === true || PRESSED_BY_ENTER.has(el.tag));
}

function elementOf(target: unknown): { tag: string; type?: string; isContentEditable?: boolean } | null {
  if (typeof target !== "object" || target === null || !("tagName" in target)) return null;
  const el = target as { tagName: string; type?: string; isContentEditable?: boolean };
  return Object.assign({ tag: el.tagName.toUpperCase() }, el.type === undefined ? {} : { type: el.type }, { isContentEditable: el.isContentEditable === true });
}
