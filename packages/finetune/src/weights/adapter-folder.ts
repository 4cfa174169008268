/** A learned adapter as a folder that PEFT and this project load. */
import { check, checkKeys, positive, type Keys } from "@ropewalk/check";
import type { LanguageModel } from "@ropewalk/generation";
import { adapterFiles, adapterTensor, tunedUnder, type ConvertedFile } from "@ropewalk/models";
import type { Parameter, Parameters } from "../optimizer/adam-w.ts";
import { loraOf, loraShapes, type LoraConfig } from "./lora.ts";
import { needTunable } from "./need-tunable.ts";
import { extensionOn } from "./tuned-folder.ts";

export type TunedAdapter = {
  /** The model that was tuned, under the extension that it was loaded with. */
  readonly model: Pick<LanguageModel, "source" | "extended">;
  /** The same configuration that `train` was given. */
  readonly lora: LoraConfig;
  /** Tokens of a sample. */
  readonly seqLen: number;
};

const tunedKeys: Keys<TunedAdapter> = { model: true, lora: true, seqLen: positive };

/**
 * The files of an adapter's folder in PEFT's form, and the extension that the adapter was learned under. They must be written in this
 * order; `writeFolder` of `@ropewalk/models/node` does so.
 *
 * @param parameters - from the state that `train` returned
 * @throws RangeError when a matrix is missing or of another shape
 */
export const adapterFolder = (config: TunedAdapter, parameters: Parameters): readonly ConvertedFile[] => {
  const { model, lora: asked, seqLen } = checkKeys<TunedAdapter>("adapterFolder", "config", config, tunedKeys);
  const { name: baseModel, decoder } = needTunable("adapterFolder", model.source);
  const lora = loraOf("adapterFolder", decoder, asked);
  const { rank, alpha, targets, modules } = lora;
  const shapes = loraShapes(lora, decoder);
  const matrix = (module: string, side: "A" | "B"): Parameter => {
    const name = adapterTensor(module, side);
    const wanted = shapes[name]!;
    const { dims, data } = parameters[name] ?? {};
    const holds = String(dims) === String(wanted);
    check(holds, `adapterFolder: parameters["${name}"] must be [${wanted.join(", ")}]`, dims && `[${dims.join(", ")}]`);
    return { dims: dims!, data: data! };
  };
  const matrices = [...modules.keys()].map(
    (module) => [module, { A: matrix(module, "A"), B: matrix(module, "B") }] as const,
  );
  const tuned = tunedUnder(decoder, extensionOn(model.extended), seqLen);
  return adapterFiles({ rank, alpha, targets, baseModel }, Object.fromEntries(matrices), tuned);
};
