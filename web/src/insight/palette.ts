/** The colours of pictures: the page's tokens on the screen, ink on white in a file. Green, red and amber mean something else here. */

export type Ink = "text" | "accent" | "muted" | "soft";

export type Palette = Record<Ink | "line" | "ground", string> & { font: string };

const family = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif';

export const paper: Palette = {
  text: "#1d1c1a",
  accent: "#3d45b8",
  muted: "#65625c",
  soft: "#a9aee6",
  line: "#e0ddd6",
  ground: "#ffffff",
  font: family,
};

export function screen(): Palette {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string) => style.getPropertyValue(name).trim();
  return { text: token("--text"), accent: token("--accent"), muted: token("--muted"), soft: token("--accent"), line: token("--line"), ground: token("--surface"), font: family };
}

/** `#rrggbb` or `#rgb` with an opacity. */
export function thin(colour: string, opacity: number): string {
  const whole = colour.length === 4 ? colour.replaceAll(/[0-9a-f]/gi, "$&$&") : colour;
  return `${whole}${Math.round(opacity * 255).toString(16).padStart(2, "0")}`;
}
