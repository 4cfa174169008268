/**
 * `npm run -s check:training -- <folder> --checkpoint <folder>`: losses, gradients and steps of a checkpoint beside those that another
 * implementation wrote down. Prints the largest differences; those of gradients are relative to each tensor's largest element.
 */
import { parseArgs } from "node:util";
import { cpu } from "@ropewalk/backend-node";
import { compareTraining } from "@ropewalk/testing/training/compare-training";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { checkpoint: { type: "string" }, json: { type: "boolean", default: false } },
});
const [folder] = positionals;
if (folder === undefined || values.checkpoint === undefined)
  throw new RangeError("check:training: a folder and a --checkpoint must be given");
const found = await compareTraining(cpu(), folder, values.checkpoint);
if (values.json) console.log(JSON.stringify(found));
else {
  const shown = (difference: number): string => difference.toExponential(1);
  for (const { name, loss, gradients } of found.cases)
    console.log(`${name}: loss within ${shown(loss)}, gradients within ${shown(gradients)}`);
  const { loss, norm, parameters } = found.trajectory;
  console.log(`steps: losses within ${shown(loss)}, norms within ${shown(norm)}, weights within ${shown(parameters)}`);
}
