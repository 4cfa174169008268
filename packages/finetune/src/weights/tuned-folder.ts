/** A tuned model as a folder that loads like any other. Its config holds the extension. */
import { checkKeys, type Keys } from "@ropewalk/check";
import type { ContextExtension } from "@ropewalk/context-extension";
import type { ExtendedDecoder } from "@ropewalk/decoder";
import type { LanguageModel } from "@ropewalk/generation";
import { tunedFiles, type ConvertedFile } from "@ropewalk/models";
import type { Parameters } from "../optimizer/adam-w.ts";
import { checkUnadapted } from "./learnable-weights.ts";
import { needTunable } from "./need-tunable.ts";

export type TunedModel = {
  /** The model that was tuned, under the extension that it was loaded with. */
  readonly model: Pick<LanguageModel, "source" | "extended">;
  /** Tokens of a sample. */
  readonly seqLen: number;
};

const keys: Keys<TunedModel> = { model: true, seqLen: true };

/** The extension that a loaded checkpoint runs under: only the fields that differ from the checkpoint's own. */
export const extensionOn = ({
  ownPositions,
  positions,
  scaling,
  entropy,
  decoder,
}: ExtendedDecoder): ContextExtension => ({
  ...(ownPositions ? {} : { positions }),
  ...(scaling === decoder.rope.scaling ? {} : { rope: scaling }),
  ...(entropy && { entropy }),
});

/**
 * The files of the folder. They must be written in this order; `writeFolder` of `@ropewalk/models/node` does so.
 *
 * @throws RangeError when a parameter is missing or has another shape, or the positions are a mapping of functions, which JSON cannot hold
 */
export const tunedFolder = async (config: TunedModel, parameters: Parameters): Promise<readonly ConvertedFile[]> => {
  const { model, seqLen } = checkKeys<TunedModel>("tunedFolder", "config", config, keys);
  const checkpoint = needTunable("tunedFolder", model.source);
  checkUnadapted("tunedFolder", checkpoint);
  return tunedFiles({ extension: extensionOn(model.extended), seqLen }, checkpoint, parameters);
};
