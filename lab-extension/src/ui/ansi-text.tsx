/** Text in the colours that a terminal would give it. */
import type { ReactElement } from "react";
import { parseAnsi } from "./ansi";

export function AnsiText({ text }: { readonly text: string }): ReactElement {
  return (
    <>
      {parseAnsi(text).map(({ text: part, className }, index) =>
        className === "" ? (
          part
        ) : (
          <span key={index} className={className}>
            {part}
          </span>
        ),
      )}
    </>
  );
}
