/** The one function of react-dom that the tests of the stage panel call; its types are no dependency of this project. */
declare module "react-dom/server" {
  import type { ReactElement } from "react";
  export function renderToStaticMarkup(element: ReactElement): string;
}
