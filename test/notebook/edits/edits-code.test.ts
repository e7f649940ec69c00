/** Edits of code. */
import { testEdits } from "./runner/run-edits";

testEdits("code", "helpers", "classes");
