import { testEdits } from "./run-edits";

testEdits("code");
