/** `--lora-rank` and its companions: an adapter is learned beside the weights, and the adapter is written. */
import { adapterFolder, tunedFolder, type LoraConfig, type Parameters, type TrainConfig } from "@ropewalk/finetune";
import type { ConvertedFile } from "@ropewalk/models";
import type { Command } from "commander";
import { number } from "../flags/parse-numbers.ts";

export type LoraOptions = {
  readonly loraRank?: number;
  readonly loraAlpha?: number;
  readonly loraTargets?: readonly string[];
};

export const withLoraOptions = (command: Command): Command =>
  command
    .optionsGroup("An adapter (LoRA):")
    .option(
      "--lora-rank <r>",
      "learn and write an adapter of that rank, in PEFT's format; absent: all weights are learned",
      number,
    )
    .option("--lora-alpha <a>", "the adapter's scale, times the rank; absent: 8", number)
    .option(
      "--lora-targets <names>",
      "the ends of the modules' names, by comma, as in q_proj,v_proj; absent: all matrices of the layers",
      (text: string) => text.split(","),
    );

/** @throws RangeError when --lora-alpha or --lora-targets is given without --lora-rank */
const loraFrom = ({ loraRank: rank, loraAlpha: alpha, loraTargets: targets }: LoraOptions): LoraConfig | undefined => {
  if (rank !== undefined)
    return { rank, ...(alpha === undefined ? {} : { alpha }), ...(targets === undefined ? {} : { targets }) };
  for (const [flag, value] of Object.entries({ "--lora-alpha": alpha, "--lora-targets": targets }))
    if (value !== undefined)
      throw new RangeError(`finetune: ${flag} is read beside --lora-rank alone, got ${String(value)}`);
  return undefined;
};

/** The plan with an adapter to learn, when the flags ask for one. */
export const withLora = <P extends { readonly training: TrainConfig }>(plan: P, options: LoraOptions): P => {
  const lora = loraFrom(options);
  return lora === undefined ? plan : { ...plan, training: { ...plan.training, lora } };
};

/** The files of the learned adapter or checkpoint. */
export const learnedFiles = async (
  { model, lora, seqLen }: TrainConfig,
  parameters: Parameters,
): Promise<readonly ConvertedFile[]> =>
  lora === undefined ? tunedFolder({ model, seqLen }, parameters) : adapterFolder({ model, lora, seqLen }, parameters);

/** The learned weights in words. */
export const learnedWords = ({ lora }: TrainConfig): string =>
  lora === undefined ? "weights in float32" : `an adapter of rank ${lora.rank}, for --adapter`;
