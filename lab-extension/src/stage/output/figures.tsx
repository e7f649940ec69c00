/** Small charts of the stage panel, as SVG: a histogram, and bars in order of time. Colours by style sheet. */
import type { ReactElement } from "react";

export interface BarsProps {
  readonly values: readonly number[];
  /** What it shows, for those who do not see it. */
  readonly label: string;
  /** The tooltip of one bar. */
  readonly describe: (index: number) => string;
  /** The bar that is marked. */
  readonly marked?: number;
  readonly height?: number;
}

/** One bar for each value, the largest at full height; a value above 0 is never invisible. */
export function Bars({ values, label, describe, marked, height = 36 }: BarsProps): ReactElement {
  const largest = Math.max(...values, Number.MIN_VALUE);
  const width = BAR * values.length;
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
        const tall = value > 0 ? Math.max(1.5, (value / largest) * height) : 0;
        return (
          <rect
            key={index}
            className={index === marked ? "stagebook-mod-marked" : undefined}
            x={index * BAR + 0.5}
            y={height - tall}
            width={BAR - 1}
            height={tall}
          >
            <title>{describe(index)}</title>
          </rect>
        );
      })}
    </svg>
  );
}

const BAR = 8;
