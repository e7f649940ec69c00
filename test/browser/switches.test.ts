/** Fast switches between notebooks. */
import { useLab } from "../rig/lab/lab-rig";
import { testSwitches } from "../rig/lab/switches";

testSwitches(useLab(), 24);
