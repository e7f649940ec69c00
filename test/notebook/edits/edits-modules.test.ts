/** Edits of modules and packages. */
import { testEdits } from "./runner/run-edits";

await testEdits("modules", "packages");
