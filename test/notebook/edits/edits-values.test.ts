/** Edits of values. */
import { testEdits } from "./runner/run-edits";

testEdits("outerValues", "inputValues", "inputs");
