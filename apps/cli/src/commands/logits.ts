/** `ropewalk logits`: the model's logits for given tokens, for comparing implementations. */
import { argmax } from "@ropewalk/generation";
import type { Command } from "commander";
import { examples, modelArgument } from "../help.ts";
import { noticeBeyondCapacity } from "../notice.ts";
import { number } from "../numbers.ts";
import { open, withModel } from "../open-model.ts";
import { withSharedOptions, type SharedOptions } from "../options.ts";
import { readIds } from "../read-ids.ts";

type LogitsOptions = SharedOptions & { readonly ids: string; readonly chunkSize?: number };

const logits = async (path: string, options: LogitsOptions): Promise<void> => {
  const ids = await readIds(options.ids);
  const opened = await open(path, options);
  await withModel("logits", { opened, options, length: ids.length }, async (model, signal) => {
    const { vocabSize } = model.extended.decoder;
    noticeBeyondCapacity("logits", model, ids.length);
    let last: readonly number[] = [];
    const argmaxAll: number[] = [];
    const visit = (_: number, rows: Float32Array): void => {
      for (let at = 0; at < rows.length; at += vocabSize) argmaxAll.push(argmax(rows, at, vocabSize));
      last = Array.from(rows.subarray(-vocabSize));
    };
    await model.visitLogits(ids, visit, { chunkSize: options.chunkSize, signal });
    process.stdout.write(`${JSON.stringify({ last, argmaxAll })}\n`);
  });
};

export const addLogits = (program: Command): void => {
  withSharedOptions(
    program
      .command("logits")
      .description("print the last position's logits and every position's most likely token, as JSON")
      .argument("<model>", modelArgument)
      .requiredOption("--ids <file>", "a JSON array of token ids; - is standard input")
      .option("--chunk-size <tokens>", "tokens a prefill chunk, at most", number),
  )
    .addHelpText("after", examples("ropewalk logits stories260K --ids ids.json"))
    .action(logits);
};
