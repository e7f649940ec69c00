import { testEdits } from "./edits/run-edits";

testEdits("packages");
