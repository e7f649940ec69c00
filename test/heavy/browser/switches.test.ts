/** A thousand switches between notebooks. */
import { testSwitches } from "../../browser/switches";
import { useLab } from "../../rig/lab-rig";

testSwitches(useLab(), 1000);
