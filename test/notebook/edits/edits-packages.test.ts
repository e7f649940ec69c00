import { testEdits } from "./runner/run-edits";

testEdits("packages");
