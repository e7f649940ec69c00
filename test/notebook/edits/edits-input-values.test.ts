import { testEdits } from "./runner/run-edits";

testEdits("inputValues");
