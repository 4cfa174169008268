/**
 * `npm run soak`: long runs, each in a process of its own, held to their bars.
 *
 *     npm run soak -- --only "several models at once"   one of them
 *     npm run soak -- --scale 0.05                       a twentieth of each, where bars on memory are not held
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { soaks } from "./soaks/index.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    scale: { type: "string", default: "1" },
    inside: { type: "boolean", default: false },
  },
});
const scale = Number(values.scale);
if (!(scale > 0 && scale <= 1))
  throw new RangeError(`soak: --scale must be above 0 and at most 1, got ${values.scale}`);
const asked = soaks.filter(({ name }) => values.only === undefined || name === values.only);
if (asked.length === 0) throw new RangeError(`soak: --only must be one of the long runs, got ${values.only}`);

if (values.inside) {
  const [{ name, bar, run }] = asked as [(typeof asked)[number]];
  const started = performance.now();
  const { figure, holds } = await run(scale);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`${holds ? "holds" : "FAILS"}  ${name}: ${bar}\n       ${figure}, in ${seconds} s`);
  process.exit(holds ? 0 : 1);
}
/** The engine gives young objects more room as a program goes on: up to 130 MB, which are no leak. Here it has the same room from the start. */
const youngObjects = ["--min-semi-space-size=8", "--max-semi-space-size=8"];

for (const { name } of asked) {
  const { status, signal } = spawnSync(
    process.execPath,
    [
      ...["--expose-gc", ...youngObjects, "--conditions=@ropewalk/source", fileURLToPath(import.meta.url)],
      ...["--inside", "--only", name, "--scale", values.scale],
    ],
    { stdio: "inherit" },
  );
  if (signal !== null) console.log(`FAILS  ${name}: ended by ${signal}`);
  if (status !== 0) process.exitCode = 1;
}
