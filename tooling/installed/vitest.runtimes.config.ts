/** Everything that `vitest.config.ts` has, and the runtimes. */
import { mergeConfig } from "vitest/config";
import config from "./vitest.config.ts";

export default mergeConfig(config, { test: { include: ["tooling/installed/test/runtimes/*.ts"] } });
