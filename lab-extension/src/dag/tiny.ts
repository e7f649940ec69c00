/** Whether the picture is so small that nothing on a node can be read: then it is a patch of colour, and has nothing in it. */
import { createContext } from "react";

export const TinyContext = createContext(false);
