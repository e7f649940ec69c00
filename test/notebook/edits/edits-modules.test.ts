import { testEdits } from "./run-edits";

testEdits("modules");
