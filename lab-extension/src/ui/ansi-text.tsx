/** Text with its terminal colors. */
import type { ReactElement } from "react";
import { parseAnsi } from "./texts/ansi";

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
