import { defineConfig } from "vitest/config";

const conditions = ["@ropewalk/source", "node", "import", "module", "default"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["tooling/installed/test/*.ts"],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    pool: "forks",
    globalSetup: "tooling/installed/src/setup.ts",
    maxWorkers: 2,
  },
});
