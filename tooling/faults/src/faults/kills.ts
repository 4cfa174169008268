import { readdirSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import type { Fault } from "../fault.ts";
import { writers } from "../writers/index.ts";
import { undisturbed, type Home } from "../writers/undisturbed.ts";
import { leftIn, start, type Started, type Writer } from "../writers/writer.ts";

const kills = 100;

const list = (folder: string): string => {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" }).join("\n");
  } catch {
    // A folder has gone meanwhile.
    return "";
  }
};

/** Waits until the process has made, or removed, anything. */
const untilItWrites = async ({ child }: Started, { out }: Home): Promise<void> => {
  const before = list(out);
  while (list(out) === before && child.exitCode === null && child.signalCode === null) await setTimeout(1);
};

/** Half of the processes are killed at any moment, and half while they write. */
const killOnce = async (writer: Writer, home: Home, turn: number): Promise<boolean> => {
  const started = start(writer, home.path);
  if (turn % 2 === 0) await setTimeout(home.took * Math.random());
  else {
    await untilItWrites(started, home);
    await setTimeout(home.took * 0.4 * Math.random() ** 2);
  }
  started.child.kill("SIGKILL");
  return (await started.ended).signal === "SIGKILL";
};

const killing = (writer: Writer): Fault => ({
  name: `kills: ${writer.name}`,
  bar: `after each of ${kills} kills all is old or new, and the next run succeeds and leaves nothing else`,
  run: async (scale) => {
    const home = await undisturbed(writer);
    const all = Math.ceil(scale * kills);
    const wrong: string[] = [];
    let [killed, left, whole] = [0, 0, 0];
    for (let turn = 0; killed < all; turn++) {
      if (await killOnce(writer, home, turn)) killed += 1;
      wrong.push(...home.broken(home.out));
      if (leftIn(home.out).length > 0) left += 1;
      if (!home.isNew(home.out)) continue;
      whole += 1;
      home.reset();
    }
    wrong.push(...(await home.wrongInTheEnd()));
    await home.end();
    return {
      figure: `${killed} killed, ${whole} results whole, ${left} times temporary files were left; wrong: ${wrong.length === 0 ? "none" : wrong.join(", ")}`,
      holds: wrong.length === 0,
    };
  },
});

export const killings: readonly Fault[] = writers.map(killing);
