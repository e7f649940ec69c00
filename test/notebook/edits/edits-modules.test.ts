/** Edits of modules and packages. */
import { testEdits } from "./runner/run-edits";

testEdits("modules", "packages");
