/** Messages of `connection-text`: as the whole content of a panel, or as a line above it. */
import type { ReactElement } from "react";
import type { PanelText } from "./texts/connection-text";

/** Replaces the content. */
export function EmptyPanel({ text }: { readonly text: PanelText }): ReactElement {
  return (
    <div className="stagebook-Empty" role="status">
      <p>
        <Sentence text={text} />
      </p>
    </div>
  );
}

/** A line above the content. */
export function PanelNotice({ text }: { readonly text: PanelText | null }): ReactElement | null {
  if (!text) return null;
  return (
    <div className="stagebook-Notice" role="status">
      <Sentence text={text} />
    </div>
  );
}

function Sentence({ text: { text, code } }: { readonly text: PanelText }): ReactElement {
  const [before, after] = code === undefined ? [text] : text.split("%1");
  return (
    <>
      {before}
      {code !== undefined && <code>{code}</code>}
      {after}
    </>
  );
}
