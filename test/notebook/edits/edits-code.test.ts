/** Edits of code. */
import { testEdits } from "./runner/run-edits";

await testEdits("code", "helpers", "classes");
