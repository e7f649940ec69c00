import { testEdits } from "./run-edits";

testEdits("givenValues");
