/**
 * Trials that take minutes, each held to a bar and run in a process of its own.
 *
 *     npm run <command> -- --only "two writers"   those whose names begin so
 *     npm run <command> -- --scale 0.1            a tenth of each
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

export type Trial = {
  readonly name: string;
  /** What must hold, in words. */
  readonly bar: string;
  /** @param scale - 1, or the share of it that is done */
  readonly run: (scale: number) => Promise<{ readonly figure: string; readonly holds: boolean }>;
};

export type Trials = {
  /** The npm script. */
  readonly command: string;
  /** The file that calls this: it is started again for each trial. */
  readonly script: string;
  readonly nodeArgs?: readonly string[];
};

const holdTo = async ({ name, bar, run }: Trial, scale: number): Promise<boolean> => {
  const started = performance.now();
  const { figure, holds } = await run(scale);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`${holds ? "holds" : "FAILS"}  ${name}: ${bar}\n       ${figure}, in ${seconds} s`);
  return holds;
};

/** Runs what the command line asks for. The process fails where a bar does not hold. */
export const runTrials = async (
  { command, script, nodeArgs = [] }: Trials,
  trials: readonly Trial[],
): Promise<void> => {
  const { values } = parseArgs({
    options: {
      only: { type: "string", default: "" },
      scale: { type: "string", default: "1" },
      inside: { type: "boolean", default: false },
    },
  });
  const scale = Number(values.scale);
  if (!(scale > 0 && scale <= 1))
    throw new RangeError(`${command}: --scale must be above 0 and at most 1, got ${values.scale}`);
  const asked = trials.filter(({ name }) => name.startsWith(values.only));
  if (asked.length === 0)
    throw new RangeError(
      `${command}: --only must begin one of ${trials.map(({ name }) => name).join("; ")}, got ${values.only}`,
    );

  if (values.inside) process.exit((await holdTo(asked[0]!, scale)) ? 0 : 1);
  for (const { name } of asked) {
    const { status, signal } = spawnSync(
      process.execPath,
      [
        ...[...nodeArgs, "--conditions=@ropewalk/source", fileURLToPath(script)],
        ...["--inside", "--only", name, "--scale", values.scale],
      ],
      { stdio: "inherit" },
    );
    if (signal !== null) console.log(`FAILS  ${name}: ended by ${signal}`);
    if (status !== 0) process.exitCode = 1;
  }
};
