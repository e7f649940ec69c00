import { testEdits } from "./runner/run-edits";

testEdits("helpers");
