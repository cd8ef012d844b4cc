/** One figure: its value, how sure it is, and on demand what it means and where it comes from. */
import type { ComponentChildren } from "preact";
import { t } from "../ui";

/** Rows of a table before the rest is asked for: a page of figures stays a page. */
export const rows_first = 12;

export interface Explained {
  /** What it says. */
  means: string;
  /** How it is calculated, and after whom. */
  formula: string;
  /** What it rests on. */
  rests?: string;
}

interface FigureProps {
  label: string;
  value: string;
  /** The interval, in words. */
  interval: string;
  more?: ComponentChildren;
  explained?: Explained;
  /** Beside the value: a word, never a colour alone. */
  badge?: ComponentChildren;
}

export function Figure({ label, value, interval, more, explained, badge }: FigureProps) {
  return (
    <div class="i-figure">
      <p class="i-figure-label">{label}</p>
      <p class="i-figure-value num">{value} {badge}</p>
      <p class="i-figure-interval num">{interval}</p>
      {more ? <div class="small muted num">{more}</div> : null}
      {explained ? (
        <details class="i-why">
          <summary>{t("insight.explain")}</summary>
          <p>{explained.means}</p>
          <p><b>{t("insight.formula")}</b> {explained.formula}</p>
          {explained.rests ? <p><b>{t("insight.rests")}</b> {explained.rests}</p> : null}
        </details>
      ) : null}
    </div>
  );
}

export function Figures({ children }: { children: ComponentChildren }) {
  return <div class="i-figures">{children}</div>;
}

export function Part({ title, intro, children }: { title: string; intro?: string; children: ComponentChildren }) {
  return (
    <section class="i-part" aria-label={title}>
      <h2>{title}</h2>
      {intro ? <p class="muted i-note">{intro}</p> : null}
      {children}
    </section>
  );
}
