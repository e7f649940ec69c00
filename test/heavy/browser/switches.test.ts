/** A thousand switches between notebooks, and a hundred without the extension to compare them with. */
import { testBareSwitches, testSwitches } from "../../rig/lab/switches";
import { useLab } from "../../rig/lab/lab-rig";

const off = JSON.stringify({ disabledExtensions: { "jupyterlab-stagebook": true } });

testSwitches(useLab(), 1000);
testBareSwitches(useLab({ files: { ".jupyter/config/labconfig/page_config.json": off } }), 100);
