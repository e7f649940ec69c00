/**
 * What an ended cell held is freed. tslab races each cell that awaits against one promise, which settles at the next interrupt: until then
 * that promise holds what each of those cells held, so that the memory of a kernel grows with every cell.
 */
import type { Repair } from "./repair";

export const endedCells: Repair = {
  name: "ended-cells",
  install({ kernel }) {
    for (const { JupyterHandlerImpl } of kernel.copies) {
      const handler = JupyterHandlerImpl.prototype;
      const { handleExecuteImpl } = handler;
      handler.handleExecuteImpl = async function (...args) {
        try {
          return await handleExecuteImpl.apply(this, args);
        } finally {
          // Cells are executed one after another: nobody waits for the promise now, and tslab makes a new one.
          this.executor.interrupt();
        }
      };
    }
  },
};
