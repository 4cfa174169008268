/** A tuned model as a folder that loads like any other, its config carrying the extension. */
import { checkKeys, type Keys } from "@ropewalk/check";
import type { ContextExtension } from "@ropewalk/context-extension";
import type { ExtendedDecoder } from "@ropewalk/decoder";
import { needCheckpoint, type LanguageModel } from "@ropewalk/generation";
import { tunedFiles, type ConvertedFile } from "@ropewalk/models";
import type { Parameters } from "../optimizer/adam-w.ts";
import { checkUnadapted } from "./learnable-weights.ts";

export type TunedModel = {
  /** The one that was tuned, under the extension that it was loaded with. */
  readonly model: Pick<LanguageModel, "source" | "extended">;
  /** Tokens of the samples. */
  readonly seqLen: number;
};

const keys: Keys<TunedModel> = { model: true, seqLen: true };

/** What was put on the checkpoint, or what it had. */
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
 * The files of the folder, to be written in order, as by `writeFolder` of `@ropewalk/models/node`.
 *
 * @throws RangeError when a parameter is missing or of another shape, or positions are a mapping that no data can tell
 */
export const tunedFolder = async (config: TunedModel, parameters: Parameters): Promise<readonly ConvertedFile[]> => {
  const { model, seqLen } = checkKeys<TunedModel>("tunedFolder", "config", config, keys);
  const checkpoint = needCheckpoint("tunedFolder", model.source);
  checkUnadapted("tunedFolder", checkpoint);
  return tunedFiles({ extension: extensionOn(model.extended), seqLen }, checkpoint, parameters);
};
