/**
 * Publishes nothing: asks publint and attw whether each built package would be a sound one, for imports and for types, and sees
 * to its licence, manifest and README.
 */
import { execFile } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { availableParallelism } from "node:os";
import { promisify } from "node:util";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { publishingProblems } from "./publishing-problems.ts";

const run = promisify(execFile);

/** What attw has against a package's types, as people who import it see them; undefined when nothing. */
const typeProblems = (folder: string): Promise<string | undefined> =>
  run(process.execPath, [
    "node_modules/@arethetypeswrong/cli/dist/index.js",
    "--pack",
    folder,
    "--profile",
    "esm-only",
  ]).then(
    () => undefined,
    (error: { readonly stdout: string }) => error.stdout,
  );

let problems = 0;
const report = (folder: string, problem: string): void => {
  console.error(`${folder}: ${problem}`);
  problems += 1;
};

const checkPackage = async (folder: string): Promise<void> => {
  const { messages, pkg } = await publint({ pkgDir: folder, strict: true, pack: false });
  for (const message of messages) report(folder, formatMessage(message, pkg) ?? message.code);
  for (const problem of publishingProblems(folder)) report(folder, problem);
  const types = folder.startsWith("packages/") ? await typeProblems(folder) : undefined;
  if (types !== undefined) report(folder, types);
};

const folders = [...globSync("packages/*"), "apps/cli"]
  .filter((folder) => existsSync(`${folder}/package.json`))
  .values();
// attw is a process of its own for each: as many at a time as there are processors, which take folders in turn.
const lanes = Array.from({ length: availableParallelism() }, async () => {
  for (const folder of folders) await checkPackage(folder);
});
await Promise.all(lanes);
console.log(`packages: ${problems} problems`);
process.exitCode = problems > 0 ? 1 : 0;
