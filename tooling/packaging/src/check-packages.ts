/**
 * Publishes nothing: asks publint and attw whether each built package would be a sound one, for imports and for types, and sees
 * to its licence, manifest, README and tarball.
 */
import { execFile } from "node:child_process";
import { availableParallelism } from "node:os";
import { promisify } from "node:util";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { published, type Package } from "./published.ts";
import { publishingProblems } from "./publishing-problems.ts";
import { problemsOfTarball, tarballs } from "./tarball.ts";

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

const packed = await tarballs(published);

const problemsOf = async (each: Package): Promise<readonly string[]> => {
  const { folder, name, entries } = each;
  const { messages, pkg } = await publint({ pkgDir: folder, strict: true, pack: false });
  const types = entries.length > 0 ? await typeProblems(folder) : undefined;
  return [
    ...messages.map((message) => formatMessage(message, pkg) ?? message.code),
    ...publishingProblems(folder),
    ...problemsOfTarball(each, packed.get(name)!),
    ...(types === undefined ? [] : [types]),
  ];
};

let failed = 0;
const waiting = published.values();
// attw is a process of its own for each: as many at a time as there are processors, which take folders in turn.
const lanes = Array.from({ length: availableParallelism() }, async () => {
  for (const each of waiting) {
    const problems = await problemsOf(each);
    for (const problem of problems) console.error(`${each.folder}: ${problem}`);
    if (problems.length > 0) failed += 1;
  }
});
await Promise.all(lanes);
console.log(`packages: ${published.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
