import { testEdits } from "./edits/run-edits";

testEdits("givenValues");
