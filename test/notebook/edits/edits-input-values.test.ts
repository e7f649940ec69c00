import { testEdits } from "./run-edits";

testEdits("inputValues");
