/**
 * `npm run train:passkey`: trains passkey-875k from random weights on the CPU, writes its folder, and holds its passkey grid to the bars.
 * The same seed gives the same weights on the same machine.
 */
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { check, checkInteger } from "@ropewalk/check";
import { cpu } from "@ropewalk/backend-node";
import type { TrainStep } from "@ropewalk/finetune";
import { writeFolder } from "@ropewalk/models/node";
import { passkey875k } from "@ropewalk/tiny-models";
import { verdicts } from "./grid-bars.ts";
import { passkeyGrid } from "./passkey-grid.ts";
import { recipe, recipeSteps } from "./recipe.ts";
import { trainPasskey } from "./train-passkey.ts";

const { values } = parseArgs({
  options: {
    output: { type: "string", default: passkey875k.name },
    steps: { type: "string", default: String(recipeSteps) },
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
check(!(values.ship && values["no-grid"]), "train:passkey: --no-grid must be absent beside --ship", true);
const minutes = (milliseconds: number): string => `${(milliseconds / 60_000).toFixed(1)} minutes`;

const begun = performance.now();
/** Losses since the last line. */
let recent: number[] = [];
const say = ({ step, loss, evaluation }: TrainStep): void => {
  recent.push(loss);
  if (step % 50 !== 0 && step !== steps && step !== 1) return;
  const mean = recent.reduce((sum, one) => sum + one, 0) / recent.length;
  const heldOut = evaluation === undefined ? "" : `, of held-out keys ${evaluation.toFixed(3)}`;
  const left = ((performance.now() - begun) / step) * (steps - step);
  console.error(`step ${step} of ${steps}: loss ${mean.toFixed(3)}${heldOut}; ${minutes(left)} left`);
  recent = [];
};

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
  const file = "model.safetensors";
  await copyFile(join(values.output, file), fileURLToPath(new URL(file, passkey875k.url)));
  console.log(
    "The shipped weights were overwritten. Now run npm run vectors:passkey, and update the sums in the tests of tiny-models.",
  );
}
