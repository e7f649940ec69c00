/** Rows as a table; each column has its type and statistics. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactElement } from "react";
import type { ColumnView, RowsPreview } from "stagebook/protocol";
import { formatCount } from "stagebook/protocol";
import { Bars } from "./figures";
import { formatNumber } from "./format-number";

export interface RowsTableProps {
  readonly table: RowsPreview;
  readonly trans: TranslationBundle;
}

export function RowsTable({ table, trans }: RowsTableProps): ReactElement {
  const { columns, rows, count, sampled, moreColumns } = table;
  return (
    <>
      <p className="stagebook-Hint">
        {trans._n("%2 row", "%2 rows", count, formatCount(count))}
        {` · ${trans._n("%2 column", "%2 columns", columns.length + moreColumns, formatCount(columns.length + moreColumns))}`}
        {moreColumns > 0 && ` · ${trans.__("%1 not shown", formatCount(moreColumns))}`}
        {sampled < count && ` · ${trans.__("statistics of the first %1", formatCount(sampled))}`}
      </p>
      <div className="stagebook-Table" role="group" aria-label={trans.__("First rows")} tabIndex={0}>
        <table>
          <thead>
            <tr>
              {columns.map((column, index) => (
                <th key={index} scope="col" data-column={column.name}>
                  <ColumnHead column={column} sampled={sampled} trans={trans} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              <tr key={index}>
                {row.map((cell, at) => (
                  <td key={at} data-type={columns[at]?.type} title={cell ?? undefined}>
                    {cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length < count && (
        <p className="stagebook-Hint">{trans.__("Only the first %1 rows are shown.", formatCount(rows.length))}</p>
      )}
    </>
  );
}

interface ColumnHeadProps {
  readonly column: ColumnView;
  readonly sampled: number;
  readonly trans: TranslationBundle;
}

function ColumnHead({ column, sampled, trans }: ColumnHeadProps): ReactElement {
  const { name, type, missing, numbers } = column;
  return (
    <>
      <div className="stagebook-Table-name" title={name}>
        {name}
      </div>
      <div className="stagebook-Table-type">
        {type}
        {missing > 0 && ` · ${trans.__("%1 missing", formatShare(missing, sampled))}`}
      </div>
      {numbers && (
        <Bars
          values={numbers.bins}
          height={18}
          label={trans.__("Histogram from %1 to %2", formatNumber(numbers.min), formatNumber(numbers.max))}
          describe={(index) => formatCount(numbers.bins[index] ?? 0)}
        />
      )}
      <div className="stagebook-Table-figures">{figuresText(column, trans)}</div>
    </>
  );
}

function figuresText({ numbers, top, distinct }: ColumnView, trans: TranslationBundle): string {
  if (numbers) return `${formatNumber(numbers.min)} … ${formatNumber(numbers.max)} · ⌀ ${formatNumber(numbers.mean)}`;
  const distinctText = distinct === null ? trans.__("many values") : trans._n("%1 value", "%1 values", distinct);
  return top ? `${distinctText} · ${top.text} ×${formatCount(top.count)}` : distinctText;
}

/** `3 %`; 0 % only for none, 100 % only for all. */
function formatShare(part: number, all: number): string {
  const share = Math.round((part / Math.max(1, all)) * 100);
  return `${part === all ? 100 : Math.min(99, Math.max(1, share))} %`;
}
