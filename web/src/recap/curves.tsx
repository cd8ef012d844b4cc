/** The show minute by minute: who watched, what was said, what was sold. */
import { useMemo } from "preact/hooks";
import { Chart } from "../insight/chart";
import type { ChartSpec } from "../insight/spec";
import type { Recap } from "../wire/api";
import { locale, t } from "../ui";
import { chartOf, curvesOf } from "./figures";

export function Curves({ recap }: { recap: Recap }) {
  const language = locale.value;
  const specs = useMemo(() => curvesOf(recap).map((curve) => chartOf(recap, curve)).filter((spec): spec is ChartSpec => spec !== null), [recap, language]);
  return (
    <section class="i-part" aria-label={t("recap.minutes")}>
      <h2>{t("recap.minutes")}</h2>
      {specs.length === 0 ? <p class="muted">{t("recap.minutes.none")}</p> : null}
      {specs.map((spec) => <Chart key={spec.name} spec={spec} height={220} />)}
    </section>
  );
}
