import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

// Tests import packages by name and run on their sources: the condition below picks `src` where a package offers it.
const conditions = ["@ropewalk/source", "node", "import", "module", "default"];

/** Files that take about a minute and more: they begin, so that none is left running by itself at the end. */
const longest = `
  backend-webgpu/test/chromium
  backend-webgpu/test/node
  backend-webgpu/test/kernel
  backend-webgpu/test/passkey
  evals/test/passkey
  finetune/test/chromium
  cli/test/models/families
  test/wgsl/device
  generation/test/logits/exports
  backend-webgpu/test/tabs
`
  .trim()
  .split(/\s+/);
const rank = ({ moduleId }: TestSpecification): number => {
  const at = longest.findIndex((part) => moduleId.includes(part));
  if (at >= 0) return at;
  return moduleId.includes(".slow.test.") ? longest.length : longest.length + 1;
};
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

const filesNamed = (pattern: string): string[] =>
  ["packages", "apps", "tooling"].map((folder) => `${folder}/*/test/**/${pattern}`);
const slow = filesNamed("*.slow.test.ts");

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    // A test is slow where its file is called so: `npm run test:fast` leaves these out. Fast files share a process's modules, which hold no
    // state: to import them anew for each file took a third of the time. What a test puts into the environment it takes out again.
    projects: [
      { extends: true, test: { name: "fast", include: filesNamed("*.test.ts"), exclude: slow, isolate: false } },
      { extends: true, test: { name: "slow", include: slow } },
    ],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    pool: "forks",
    maxWorkers: 2,
    // Of the command line's source, which tests start hundreds of times: half of what a start takes is compiling it.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL("node_modules/.cache/compile", import.meta.url)) },
    sequence: { sequencer: LongestFirst },
    // Asked for by `npm run coverage`, which prints it by room.
    coverage: {
      include: ["packages/*/src/**/*.ts", "apps/*/src/**/*.ts"],
      exclude: ["packages/graph/src/proto/**"],
      reporter: ["json-summary"],
      reportOnFailure: true,
      reportsDirectory: "node_modules/.cache/coverage",
    },
  },
});
