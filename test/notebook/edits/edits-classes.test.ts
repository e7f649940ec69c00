import { testEdits } from "./run-edits";

testEdits("classes");
