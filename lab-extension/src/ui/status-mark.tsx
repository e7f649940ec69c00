/** A stage's status as icon and word, with a sign if its result may differ when computed again. Color is never the only cue. Used by the panels. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactElement, ReactNode } from "react";
import type { Freshness } from "stagebook/protocol";
import { statusWord } from "./texts/stage-text";

export function StatusMark({
  status,
  hasCaveats = false,
  trans,
}: {
  readonly status: Freshness;
  /** The tooltip of the stage says which. */
  readonly hasCaveats?: boolean;
  readonly trans: TranslationBundle;
}): ReactElement {
  return (
    <span className="stagebook-Status" data-freshness={status}>
      <StatusIcon status={status} />
      <span className="stagebook-Status-word">{statusWord(status, trans)}</span>
      {hasCaveats && (
        <span className="stagebook-CaveatMark" role="img" aria-label={trans.__("may differ when computed again")}>
          ≈
        </span>
      )}
    </span>
  );
}

/** The icon alone; the word must be next to it. */
export function StatusIcon({ status }: { readonly status: Freshness }): ReactElement {
  return (
    <svg
      className="stagebook-Status-icon"
      data-freshness={status}
      viewBox="0 0 16 16"
      width="14"
      height="14"
      aria-hidden="true"
    >
      {shapes[status]}
    </svg>
  );
}

/** A source of the graph that is not a stage. `files`: those of a folder or glob. */
export type SourceKind = "param" | "file" | "files";

/** The icon of a parameter, a file, or several. */
export function SourceIcon({ kind }: { readonly kind: SourceKind }): ReactElement {
  return (
    <svg className="stagebook-Source-icon" viewBox="0 0 16 16" width="13" height="13" aria-hidden="true">
      {sources[kind]}
    </svg>
  );
}

const ring = <circle cx="8" cy="8" r="6" />;

const shapes: { readonly [S in Freshness]: ReactNode } = {
  new: (
    <>
      {ring}
      <path d="M8 5v6M5 8h6" />
    </>
  ),
  fresh: (
    <>
      {ring}
      <path d="M5 8.2l2.2 2.2L11 6" />
    </>
  ),
  stale: (
    <>
      <path d="M13.2 6.2A5.6 5.6 0 1 0 13.6 9" />
      <path d="M13.6 2.6v3.8H9.8" />
    </>
  ),
  pending: <circle cx="8" cy="8" r="6" strokeDasharray="2.6 2.1" />,
  running: <path className="stagebook-Status-turning" d="M8 2a6 6 0 1 1-5.6 3.8" />,
  failed: (
    <>
      {ring}
      <path d="M5.6 5.6l4.8 4.8M10.4 5.6l-4.8 4.8" />
    </>
  ),
  cancelled: (
    <>
      {ring}
      <path d="M6 6h4v4H6z" />
    </>
  ),
  blocked: (
    <>
      {ring}
      <path d="M4.8 8h6.4" />
    </>
  ),
};

const sources: { readonly [K in SourceKind]: ReactNode } = {
  param: <path d="M2 5h6M11 5h3M2 11h3M8 11h6M9.5 3.2v3.6M6.5 9.2v3.6" />,
  file: <path d="M4 1.8h5.2L12.4 5v9.2H4zM9 2v3.2h3.2" />,
  files: <path d="M1.8 13.2V3h4.4l1.4 1.8h6.6v8.4z" />,
};
