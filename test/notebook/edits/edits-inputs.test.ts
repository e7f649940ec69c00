import { testEdits } from "./run-edits";

testEdits("inputs");
