/**
 * `npm run faults`: faults that are made to happen, each in a process of its own, held to their bars.
 *
 *     npm run faults -- --only "kills: convert"   those whose names begin so
 *     npm run faults -- --scale 0.1               a tenth of each
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { faults } from "./faults/index.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    scale: { type: "string", default: "1" },
    inside: { type: "boolean", default: false },
  },
});
const scale = Number(values.scale);
if (!(scale > 0 && scale <= 1))
  throw new RangeError(`faults: --scale must be above 0 and at most 1, got ${values.scale}`);
const asked = faults.filter(({ name }) => name.startsWith(values.only));
if (asked.length === 0)
  throw new RangeError(
    `faults: --only must begin one of ${faults.map(({ name }) => name).join("; ")}, got ${values.only}`,
  );

if (values.inside) {
  const [{ name, bar, run }] = asked as [(typeof asked)[number]];
  const started = performance.now();
  const { figure, holds } = await run(scale);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`${holds ? "holds" : "FAILS"}  ${name}: ${bar}\n       ${figure}, in ${seconds} s`);
  process.exit(holds ? 0 : 1);
}
for (const { name } of asked) {
  const { status, signal } = spawnSync(
    process.execPath,
    [
      ...["--conditions=@ropewalk/source", fileURLToPath(import.meta.url)],
      ...["--inside", "--only", name, "--scale", values.scale],
    ],
    { stdio: "inherit" },
  );
  if (signal !== null) console.log(`FAILS  ${name}: ended by ${signal}`);
  if (status !== 0) process.exitCode = 1;
}
