/** The plugins of the extension, and the token through which other extensions read its models. */
import { graphOutputPlugin } from "./plugins/graph-output";
import { paramOutputPlugin } from "./plugins/param-output";
import { preferencesPlugin } from "./plugins/preferences";
import { sidebarPlugin } from "./plugins/sidebar";
import { statusPlugin } from "./plugins/status";
import { tablesPlugin } from "./plugins/tables";
import { trackerPlugin } from "./plugins/tracker";

export { StagebookTracker } from "./tokens";

export default [
  preferencesPlugin,
  trackerPlugin,
  paramOutputPlugin,
  graphOutputPlugin,
  sidebarPlugin,
  statusPlugin,
  tablesPlugin,
];
