/** `ropewalk logits`: the model's logits for given tokens, for comparing implementations. */
import { attentionOutputs, type Attentions } from "@ropewalk/decoder";
import { argmax, type LayerAttentions, type LanguageModel } from "@ropewalk/generation";
import { InvalidArgumentError, Option, type Command } from "commander";
import { openAfter, tokensBefore, withAfterOption } from "../../flags/after.ts";
import { examples, modelArgument } from "../../terminal/help-texts.ts";
import { noticeBeyondCapacity } from "../../terminal/notice.ts";
import { number, numberList } from "../../flags/parse-numbers.ts";
import { open, withModel } from "../../model/open-model.ts";
import { withSharedOptions, type SharedOptions } from "../../flags/shared.ts";
import { readIds } from "../../input/read-ids.ts";

type LogitsOptions = SharedOptions & {
  readonly ids: string;
  readonly chunkSize?: number;
  readonly attentions?: Attentions;
  readonly layers?: readonly number[];
};

/** Visits the logits of a run, and the attentions of the same run when they are asked for. */
const run = async (
  model: LanguageModel,
  ids: readonly number[],
  { chunkSize, attentions, layers, after }: LogitsOptions,
  signal: AbortSignal,
  visit: (logits: Float32Array, start: number, attended: readonly LayerAttentions[]) => void,
): Promise<void> => {
  const options = { chunkSize, signal };
  if (attentions === undefined) {
    const prefix = await openAfter(model, after, signal);
    const behind = prefix === undefined ? options : { ...options, after: prefix };
    return model.visitLogits(ids, (start, rows) => visit(rows, start, []), behind);
  }
  const asked = { ...options, what: attentions, logits: true, ...(layers && { layers }) };
  return model.visitAttentions(ids, (chunk) => visit(chunk.logits!, chunk.start, chunk.layers), asked);
};

/** A chunk as JSON: its first position, and its layers. */
const chunkReport = (start: number, layers: readonly LayerAttentions[]) => ({
  start,
  layers: layers.map(({ data, ...layer }) => ({ ...layer, data: Array.from(data) })),
});

const logits = async (path: string, options: LogitsOptions): Promise<void> => {
  if (options.layers !== undefined && options.attentions === undefined)
    throw new InvalidArgumentError(
      `logits: --layers is not read without --attentions, got ${options.layers.join(",")}`,
    );
  if (options.after !== undefined && options.attentions !== undefined)
    throw new InvalidArgumentError(
      `logits: --attentions is of a whole text, and not read behind --after ${options.after.path}, got ${options.attentions}`,
    );
  const ids = await readIds(options.ids);
  const opened = await open(path, options);
  const length = tokensBefore(options.after) + ids.length;
  await withModel("logits", { opened, options, length }, async (model, signal) => {
    const { vocabSize } = model.extended.decoder;
    noticeBeyondCapacity("logits", model, length);
    let last: readonly number[] = [];
    const argmaxAll: number[] = [];
    const chunks: ReturnType<typeof chunkReport>[] = [];
    const visit = (rows: Float32Array, start: number, attended: readonly LayerAttentions[]): void => {
      if (options.attentions !== undefined) chunks.push(chunkReport(start, attended));
      for (let at = 0; at < rows.length; at += vocabSize) argmaxAll.push(argmax(rows, at, vocabSize));
      last = Array.from(rows.subarray(-vocabSize));
    };
    await run(model, ids, options, signal, visit);
    const attentions = options.attentions === undefined ? {} : { attentions: chunks };
    process.stdout.write(`${JSON.stringify({ last, argmaxAll, ...attentions })}\n`);
  });
};

export const addLogits = (program: Command): void => {
  withSharedOptions(
    withAfterOption(
      program
        .command("logits")
        .description("print the last position's logits and every position's most likely token, as JSON")
        .argument("<model>", modelArgument)
        .requiredOption("--ids <file>", "a JSON array of token ids; - is standard input")
        .option("--chunk-size <tokens>", "tokens of a prefill chunk, at most", number)
        .addOption(
          new Option(
            "--attentions <what>",
            "what queries attend to as well, chunk by chunk: the weight of every key, or its entropy in nats",
          ).choices(attentionOutputs),
        )
        .option("--layers <list>", "of which layers, by comma, from 0; absent: all", numberList),
    ),
  )
    .addHelpText("after", examples("ropewalk logits stories260K --ids ids.json"))
    .action(logits);
};
