/** A small curve of the last values, newest at the right. The newest number stands beside it in words. */
import { cls, type Tone } from "./parts";

interface SparklineProps {
  values: number[];
  label: string;
  width?: number;
  height?: number;
  tone?: Tone;
  /** The top of the scale; by default the largest value. */
  max?: number;
}

export function Sparkline({ values, label, width = 120, height = 28, tone = "neutral", max }: SparklineProps) {
  const top = Math.max(1, max ?? 0, ...values);
  const step = values.length > 1 ? width / (values.length - 1) : width;
  const y = (value: number) => (height - 1.5 - (Math.max(0, value) / top) * (height - 3)).toFixed(1);
  const line = values.map((value, i) => `${(i * step).toFixed(1)},${y(value)}`).join(" ");
  const newest = values.at(-1) ?? 0;
  return (
    <svg class={cls("spark", `spark-${tone}`)} viewBox={`0 0 ${width} ${height}`} width={width} height={height} preserveAspectRatio="none" role="img" aria-label={`${label}: ${newest}`}>
      {values.length > 1 ? (
        <>
          <polygon points={`0,${height} ${line} ${width},${height}`} class="spark-area" />
          <polyline points={line} class="spark-line" vector-effect="non-scaling-stroke" />
        </>
      ) : null}
    </svg>
  );
}
