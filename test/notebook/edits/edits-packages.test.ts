import { testEdits } from "./run-edits";

testEdits("packages");
