/** The ring of light, and the picture of a show that has no picture. */
import { cls } from "./parts";

export function Mark({ size = 24 }: { size?: number }) {
  return (
    <svg class="mark" viewBox="0 0 32 32" width={size} height={size} aria-hidden="true">
      <circle cx="16" cy="16" r="11" fill="none" stroke="currentColor" stroke-width="5" />
      <circle cx="16" cy="16" r="11" fill="none" class="mark-light" stroke-width="1.5" />
    </svg>
  );
}

/** How many tints a show's tile can have; a show keeps its own. */
const tints = 6;

function tintOf(slug: string): number {
  let sum = 0;
  for (const letter of slug) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  return sum % tints;
}

/** A calm tile with the host's initial inside a ring of light. */
export function Portrait({ slug, name, small }: { slug: string; name: string; small?: boolean }) {
  const initial = [...name.trim()][0]?.toLocaleUpperCase() ?? "·";
  return (
    <span class={cls("portrait", `portrait-${tintOf(slug)}`, small && "portrait-small")} aria-hidden="true">
      <span class="portrait-ring">{initial}</span>
    </span>
  );
}
