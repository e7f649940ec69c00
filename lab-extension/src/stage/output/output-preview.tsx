/** The stored output of a stage, rendered by its kind: the reply to `preview`. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactElement } from "react";
import type { NumberFigures, PreviewView, Result } from "stagebook/protocol";
import { formatCount, formatSize } from "stagebook/protocol";
import { Bars } from "./figures";
import { formatNumber } from "./format-number";
import { JsonTree } from "../../ui/json-tree";
import { TableView, type TableViewProps } from "../../table/table-view";
import { RowsTable } from "./rows-table";

export interface OutputPreviewProps {
  readonly preview: Result<"preview">;
  /** All rows of a table; null while the kernel is unavailable. */
  readonly table: TableOutput | null;
  readonly trans: TranslationBundle;
}

/** Where the rows of a stage's output come from. */
export type TableOutput = Pick<TableViewProps, "source" | "version" | "name">;

export function OutputPreview({ preview, table, trans }: OutputPreviewProps): ReactElement {
  const { text, truncated } = preview;
  // A kernel with an older version sends only text.
  const picture: PreviewView = preview.picture ?? { kind: "text" };
  return (
    <div data-preview={picture.kind}>
      {table && picture.kind === "rows" ? (
        <TableView {...table} trans={trans}>
          <Picture picture={picture} trans={trans} />
        </TableView>
      ) : (
        <Picture picture={picture} trans={trans} />
      )}
      {picture.kind === "text" ? (
        <OutputText text={text} truncated={truncated} trans={trans} />
      ) : (
        <details className="stagebook-AsText">
          <summary>{trans.__("As text")}</summary>
          <OutputText text={text} truncated={truncated} trans={trans} />
        </details>
      )}
    </div>
  );
}

interface PictureProps<P = PreviewView> {
  readonly picture: P;
  readonly trans: TranslationBundle;
}

function Picture({ picture, trans }: PictureProps): ReactElement | null {
  switch (picture.kind) {
    case "text":
      return null;
    case "rows":
      return <RowsTable table={picture} trans={trans} />;
    case "tree":
      return <JsonTree value={picture.value} open={2} />;
    case "image":
      return <OutputImage picture={picture} trans={trans} />;
    case "numbers":
      return <Numbers picture={picture} trans={trans} />;
    case "items":
      return <Items picture={picture} trans={trans} />;
  }
}

function OutputText({
  text,
  truncated,
  trans,
}: {
  readonly text: string;
  readonly truncated: boolean;
  readonly trans: TranslationBundle;
}): ReactElement {
  return (
    <>
      <pre tabIndex={0}>{text}</pre>
      {truncated && <p className="stagebook-Hint">{trans.__("Truncated.")}</p>}
    </>
  );
}

/** An `img` element does not execute scripts of an SVG. */
function OutputImage({ picture, trans }: PictureProps<Extract<PreviewView, { kind: "image" }>>): ReactElement {
  const { mime, base64, sizeBytes } = picture;
  if (base64 === null)
    return <p className="stagebook-Hint">{trans.__("Image of %1: too large to display.", formatSize(sizeBytes))}</p>;
  return (
    <img
      className="stagebook-Image"
      src={`data:${mime};base64,${base64}`}
      alt={trans.__("Output: image of %1", formatSize(sizeBytes))}
    />
  );
}

function Numbers({ picture, trans }: PictureProps<Extract<PreviewView, { kind: "numbers" }>>): ReactElement {
  const { type, count, sampled, notFinite, figures, first } = picture;
  return (
    <>
      <p className="stagebook-Hint">
        {trans.__("%1 of %2", type, formatCount(count))}
        {notFinite > 0 && ` · ${trans.__("%1 non-finite", formatCount(notFinite))}`}
        {sampled < count && ` · ${trans.__("statistics of the first %1", formatCount(sampled))}`}
      </p>
      {figures && <Histogram figures={figures} trans={trans} />}
      <pre tabIndex={0} className="stagebook-mod-wrapped">
        {first.join("  ")}
        {first.length < count && "  …"}
      </pre>
    </>
  );
}

function Items({ picture, trans }: PictureProps<Extract<PreviewView, { kind: "items" }>>): ReactElement {
  const { items, count } = picture;
  return (
    <>
      <p className="stagebook-Hint">
        {trans._n("stream of %2 item", "stream of %2 items", count, formatCount(count))}
        {items.length < count && ` · ${trans.__("the first %1", formatCount(items.length))}`}
      </p>
      <ol className="stagebook-Items">
        {items.map((item, index) => (
          <li key={index}>
            <code>{item}</code>
          </li>
        ))}
      </ol>
    </>
  );
}

/** With the minimum, mean and maximum below. */
export function Histogram({
  figures,
  trans,
  height,
}: {
  readonly figures: NumberFigures;
  readonly trans: TranslationBundle;
  readonly height?: number;
}): ReactElement {
  const { min, max, mean, bins } = figures;
  const width = (max - min) / bins.length;
  const describe = (index: number): string =>
    trans.__(
      "%1 to %2: %3",
      formatNumber(min + index * width),
      formatNumber(min + (index + 1) * width),
      formatCount(bins[index] ?? 0),
    );
  return (
    <div className="stagebook-Histogram">
      <Bars
        values={bins}
        label={trans.__("Histogram from %1 to %2", formatNumber(min), formatNumber(max))}
        describe={describe}
        {...(height === undefined ? {} : { height })}
      />
      <div className="stagebook-Histogram-scale">
        <span>{formatNumber(min)}</span>
        <span title={trans.__("Mean")}>⌀ {formatNumber(mean)}</span>
        <span>{formatNumber(max)}</span>
      </div>
    </div>
  );
}
