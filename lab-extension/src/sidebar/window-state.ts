/** Where the page keeps which parts of its window are open: JupyterLab's state database, or the browser. */
import type { IStateDB } from "@jupyterlab/statedb";
import type { ReadonlyPartialJSONValue } from "@lumino/coreutils";
import { browserValues } from "../model/memory/known-notebooks";

export type WindowState = Pick<IStateDB, "fetch" | "save">;

/** For Notebook, whose state database ends with its page. A browser that stores nothing has the defaults each time. */
export const browserWindowState: WindowState = {
  async fetch(id) {
    try {
      return (await browserValues.get(id)) as ReadonlyPartialJSONValue | undefined;
    } catch (cause) {
      console.warn("stagebook: the browser does not say what was open", cause);
      return undefined;
    }
  },
  async save(id, value) {
    try {
      await browserValues.set(id, value);
    } catch (cause) {
      console.warn("stagebook: the browser does not store what is open", cause);
    }
  },
};
