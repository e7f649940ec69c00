/** Some switches between notebooks. */
import { useLab } from "../rig/lab-rig";
import { testSwitches } from "./switches";

testSwitches(useLab(), 60);
