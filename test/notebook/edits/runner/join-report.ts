/** vitest's global set-up: after all tests the parts of the edit matrix are joined into one report. */
import { clearReport, writeReport } from "./report";

export function setup(): void {
  clearReport();
}

export function teardown(): void {
  writeReport();
}
