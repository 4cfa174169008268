/**
 * Everything that must hold before a release (`npm run release:check`): the built packages, their sizes, the versions and notes that a
 * release would have, and what users install, in every runtime and bundler. Publishes nothing. Minutes.
 *
 * Each check tells how many of its parts passed, and the last line sums them up.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

type Counted = { readonly passed: number; readonly failed: number };

type Check = { readonly name: string; readonly run: () => Counted };

/** A command that is one part, whole or not. */
const command = (...[program, ...args]: readonly [string, ...string[]]): Counted => {
  const { status } = spawnSync(program, args, { stdio: "inherit", shell: process.platform === "win32" });
  return status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
};

/** Counts of a report that vitest writes; without one, nothing ran. */
export const counted = (report: string | undefined): Counted => {
  if (report === undefined) return { passed: 0, failed: 1 };
  const { numPassedTests, numFailedTests, success } = JSON.parse(report) as {
    readonly numPassedTests: number;
    readonly numFailedTests: number;
    readonly success: boolean;
  };
  // A file that could not be read has no tests that failed.
  return { passed: numPassedTests, failed: success ? 0 : Math.max(1, numFailedTests) };
};

const tests = (config: string): Counted => {
  const folder = mkdtempSync(join(tmpdir(), "ropewalk-check-"));
  const output = join(folder, "report.json");
  try {
    command(
      "vitest",
      "run",
      "--config",
      config,
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${output}`,
    );
    let report: string | undefined;
    try {
      report = readFileSync(output, "utf8");
    } catch {
      report = undefined;
    }
    return counted(report);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const script = (name: string): Check => ({ name, run: () => command("npm", "run", "-s", name) });

const install = (folder: string): Check => ({
  name: `the tools of ${folder}`,
  run: () =>
    command("npm", "ci", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"),
});

export const checks: readonly Check[] = [
  script("packages"),
  script("size"),
  script("changesets"),
  script("release:plan"),
  install("tooling/installed/tools"),
  install("tooling/installed/runtimes"),
  { name: "what users install", run: () => tests("tooling/installed/vitest.runtimes.config.ts") },
];

if (import.meta.main) {
  let [passed, failed] = [0, 0];
  for (const { name, run } of checks) {
    const started = Date.now();
    const counts = run();
    passed += counts.passed;
    failed += counts.failed;
    const seconds = ((Date.now() - started) / 1000).toFixed(0);
    console.log(`${name}: ${counts.passed} passed, ${counts.failed} failed, in ${seconds} s\n`);
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}
