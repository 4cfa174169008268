/** See `src/check-runtime.ts`. */
import { checkRuntime } from "../../src/check-runtime.ts";

checkRuntime("node-20");
