/** The sentences of `connection-text`, as a whole panel's content or as a line above it. */
import type { ReactElement } from "react";
import type { PanelText } from "./connection-text";

/** In place of the content. */
export function EmptyPanel({ text }: { readonly text: PanelText }): ReactElement {
  return (
    <div className="stagebook-Empty" role="status">
      <p>
        <Sentence text={text} />
      </p>
    </div>
  );
}

/** Above the content. */
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
