/** Edits of values. */
import { testEdits } from "./runner/run-edits";

await testEdits("outerValues", "inputValues", "inputs");
