import { testEdits } from "./run-edits";

testEdits("outerValues");
