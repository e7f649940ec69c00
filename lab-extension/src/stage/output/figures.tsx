/** Small bar charts of the stage panel, as SVG: histograms and durations. The style sheet sets the colors. */
import type { ReactElement } from "react";

export interface BarsProps {
  readonly values: readonly number[];
  /** The description for screen readers. */
  readonly label: string;
  /** The tooltip of one bar. */
  readonly describe: (index: number) => string;
  /** The index of the highlighted bar. */
  readonly marked?: number;
  readonly height?: number;
}

/** One bar per value, the largest at full height; a value above 0 is always visible. */
export function Bars({ values, label, describe, marked, height = 36 }: BarsProps): ReactElement {
  const largest = Math.max(...values, Number.MIN_VALUE);
  const width = BAR_WIDTH * values.length;
  return (
    <svg
      className="stagebook-Bars"
      role="img"
      aria-label={label}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      style={{ height, maxWidth: Math.max(width * 3, 60) }}
    >
      {values.map((value, index) => {
        const barHeight = value > 0 ? Math.max(1.5, (value / largest) * height) : 0;
        return (
          <rect
            key={index}
            className={index === marked ? "stagebook-mod-marked" : undefined}
            x={index * BAR_WIDTH + 0.5}
            y={height - barHeight}
            width={BAR_WIDTH - 1}
            height={barHeight}
          >
            <title>{describe(index)}</title>
          </rect>
        );
      })}
    </svg>
  );
}

const BAR_WIDTH = 8;
