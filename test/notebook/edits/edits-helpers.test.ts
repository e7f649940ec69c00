import { testEdits } from "./run-edits";

testEdits("helpers");
