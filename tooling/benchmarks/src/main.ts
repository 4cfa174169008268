/** `npm run bench`: every bar measured; `--json` prints them as an array and nothing else. Fails when one is not met. */
import { cpu } from "@ropewalk/backend-node";
import { extensionCost } from "./extension-cost.ts";

const bars = await extensionCost(cpu());

if (process.argv.includes("--json")) console.log(JSON.stringify(bars));
else
  for (const { name, ratio, bar, pass } of bars)
    console.log(`${pass ? "pass" : "FAIL"}  ${ratio.toFixed(3)} (at most ${bar})  ${name}`);
process.exitCode = bars.every(({ pass }) => pass) ? 0 : 1;
