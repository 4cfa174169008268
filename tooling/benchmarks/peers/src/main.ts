/**
 * `npm run bench:peers`: Ropewalk beside transformers.js and node-llama-cpp on the same random weights. Fails when the engines
 * disagree at float32 or a bar is not met; `--json` prints the figures and nothing else, `--svg` draws them.
 */
import { writeFile } from "node:fs/promises";
import { chromiumNames, findChromium } from "@ropewalk/testing/browser/installed-chromium";
import { judgeMemory, judgeSpeed } from "./bars.ts";
import { measureInBrowser } from "./browser/measure.ts";
import { speed } from "./measure.ts";
import { prepareModels } from "./models/prepare.ts";
import { measureOnCpu } from "./on-cpu.ts";
import { speedPicture } from "./picture.ts";
import { readOptions } from "./options.ts";
import { measureMemory, memoryContext, nodeBytes } from "./peak-memory.ts";
import { renderMemory, renderQuestions, renderRatios, renderSamples, renderVerdicts } from "./report.ts";
import { measureQuestions } from "./second-question.ts";

const options = readOptions();
// Asked for before anything takes time.
const chromium = options.browser ? findChromium() : undefined;
if (options.browser && chromium === undefined)
  throw new RangeError(
    `bench:peers: the PATH must have one of ${chromiumNames.join(", ")} (or pass --no-browser), got none`,
  );
const prepared = await prepareModels(options);
const onCpu = await measureOnCpu(prepared, options);
const inBrowser = chromium === undefined ? [] : await measureInBrowser(prepared, options, chromium);
const samples = [...onCpu, ...inBrowser];
const memory = options.contexts.includes(memoryContext) ? await measureMemory(prepared, options) : [];
const questions = options.questions ? await measureQuestions(prepared, options) : [];
const ofNode = await nodeBytes();
const verdicts = [...judgeSpeed(samples), ...judgeMemory(memory)];

if (options.svg !== undefined) await writeFile(options.svg, speedPicture(onCpu));
if (options.json) {
  const measured = samples.map((sample) => ({
    ...sample,
    prefill: speed("prefill", sample),
    decode: speed("decode", sample),
    decodeStep: speed("decodeStep", sample),
  }));
  console.log(JSON.stringify({ samples: measured, questions, memory, nodeBytes: ofNode, bars: verdicts }));
} else {
  console.log(renderSamples(samples));
  const ratios = renderRatios(samples);
  if (ratios !== "") console.log(ratios);
  if (questions.length > 0) console.log(renderQuestions(questions));
  if (memory.length > 0) console.log(renderMemory(memory, ofNode));
  if (verdicts.length > 0) console.log(renderVerdicts(verdicts));
}
process.exitCode = verdicts.every(({ pass }) => pass) ? 0 : 1;
