import { readdirSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { hasEnded } from "@ropewalk/testing/has-ended";
import type { Trial } from "@ropewalk/testing/trials";
import { writers } from "../writers/index.ts";
import { undisturbed, type Home } from "../writers/undisturbed.ts";
import { leftIn, start, type Started, type Writer } from "../writers/writer.ts";

const kills = 100;

/** A writer that goes wrong so often is not tried further: it might never live to be killed. */
const mostWrong = 10;

const list = (folder: string): string => {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" }).join("\n");
  } catch {
    // A folder has gone meanwhile.
    return "";
  }
};

/** A process that has made nothing for so long hangs. In milliseconds. */
const longestSilence = 180_000;

/** Waits until the process has made, or removed, anything, or has ended. Gives what is wrong, if it does neither. */
const untilItWrites = async ({ child }: Started, { out }: Home): Promise<string | undefined> => {
  const before = list(out);
  const latest = performance.now() + longestSilence;
  while (list(out) === before && !hasEnded(child)) {
    if (performance.now() > latest) return `wrote nothing for ${longestSilence / 1000} s`;
    await setTimeout(1);
  }
  return undefined;
};

type Killed = {
  /** Whether the kill ended it. Otherwise it had ended by itself. */
  readonly killed: boolean;
  readonly wrong: string | undefined;
};

/** A process that ends by itself must succeed: not fail, and not end by a signal that nobody sent, as a crash does. */
const howItEnded = async ({ child, ended }: Started): Promise<Killed> => {
  const sent = child.kill("SIGKILL");
  const { code, signal, stderr } = await ended;
  if (sent && signal === "SIGKILL") return { killed: true, wrong: undefined };
  return { killed: false, wrong: code === 0 ? undefined : `ended by itself with ${signal ?? code}: ${stderr}` };
};

/** Half of the processes are killed at any moment, and half while they write. */
const killOnce = async (writer: Writer, home: Home, turn: number): Promise<Killed> => {
  const started = start(writer, home.path);
  let silent: string | undefined;
  if (turn % 2 === 0) await setTimeout(home.took * Math.random());
  else {
    silent = await untilItWrites(started, home);
    await setTimeout(home.took * 0.4 * Math.random() ** 2);
  }
  const { killed, wrong = silent } = await howItEnded(started);
  return { killed, wrong };
};

export const killing = (writer: Writer): Trial => ({
  name: `kills: ${writer.name}`,
  bar: `after each of ${kills} kills all is old or new, and the next run succeeds and leaves nothing else; none ends by another signal`,
  run: async (scale) => {
    const home = await undisturbed(writer);
    const all = Math.ceil(scale * kills);
    const wrong: string[] = [];
    let [killed, byItself, left, whole] = [0, 0, 0, 0];
    for (let turn = 0; killed < all && wrong.length < mostWrong; turn++) {
      const end = await killOnce(writer, home, turn);
      if (end.killed) killed += 1;
      else byItself += 1;
      if (end.wrong !== undefined) wrong.push(end.wrong);
      wrong.push(...home.broken(home.out));
      if (leftIn(home.out).length > 0) left += 1;
      if (!home.isNew(home.out)) continue;
      whole += 1;
      home.reset();
    }
    wrong.push(...(await home.wrongInTheEnd()));
    await home.end();
    return {
      figure: `${killed} killed, ${byItself} ended before, ${whole} results whole, ${left} times temporary files were left; wrong: ${wrong.length === 0 ? "none" : wrong.join(", ")}`,
      holds: wrong.length === 0,
    };
  },
});

export const killings: readonly Trial[] = writers.map(killing);
