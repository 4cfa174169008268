/**
 * `npm run train:passkey`: trains the weights of passkey-875k from nothing, on the CPU, writes them as a folder, and holds its grid to
 * the bars. The same seed gives the same weights on the same machine.
 */
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { checkInteger } from "@ropewalk/check";
import { cpu } from "@ropewalk/backend-node";
import type { TrainStep } from "@ropewalk/finetune";
import { writeFolder } from "@ropewalk/models/node";
import { passkey875k } from "@ropewalk/tiny-models";
import { verdicts } from "./bars.ts";
import { passkeyGrid } from "./grid.ts";
import { recipe } from "./recipe.ts";
import { trainPasskey } from "./run.ts";

const { values } = parseArgs({
  options: {
    output: { type: "string", default: passkey875k.name },
    steps: { type: "string", default: String(recipe.steps) },
    seed: { type: "string", default: String(recipe.seed) },
    threads: { type: "string", default: "2" },
    "no-grid": { type: "boolean", default: false },
    ship: { type: "boolean", default: false },
  },
});

const integer = (name: "steps" | "seed" | "threads", least: number): number => {
  const value = Number(values[name]);
  checkInteger("train:passkey", `--${name}`, value, least, 2 ** 31 - 2);
  return value;
};
const [steps, seed, threads] = [integer("steps", 1), integer("seed", 1), integer("threads", 1)];
const minutes = (milliseconds: number): string => `${(milliseconds / 60_000).toFixed(1)} minutes`;

/** Losses since the last line. */
let recent: number[] = [];
const say = ({ step, loss, evaluation, timeLeft }: TrainStep): void => {
  recent.push(loss);
  if (step % 50 !== 0 && step !== steps && step !== 1) return;
  const mean = recent.reduce((sum, one) => sum + one, 0) / recent.length;
  const answers = evaluation === undefined ? "" : `, of held-out answers ${evaluation.toFixed(3)}`;
  console.error(`step ${step} of ${steps}: loss ${mean.toFixed(3)}${answers}; ${minutes(timeLeft)} left`);
  recent = [];
};

const begun = performance.now();
const files = await trainPasskey({ backend: cpu({ threads }), steps, seed, onStep: say });
await writeFolder(values.output, files);
console.log(`${values.output}: trained in ${minutes(performance.now() - begun)}`);

const percent = (share: number): string => `${Math.round(100 * share)} %`;
if (!values["no-grid"]) {
  const found = verdicts(await passkeyGrid(values.output));
  for (const { method, length, least, most, got, met } of found) {
    const bar = most === 1 ? `at least ${percent(least)}` : `at most ${percent(most)}`;
    console.log(`${met ? "met" : "NOT MET"}: ${method} at ${length} tokens finds ${percent(got)} of the keys, ${bar}`);
  }
  if (found.some(({ met }) => !met)) process.exitCode = 1;
}
if (values.ship && process.exitCode === undefined) {
  const shipped = fileURLToPath(new URL("model.safetensors", passkey875k.url));
  await copyFile(join(values.output, "model.safetensors"), shipped);
  console.log(`${shipped}: written over; then npm run vectors:passkey`);
}
