/** The fingerprint of a loaded model's weights as they are run: rounded, and with adapters beside them. */
import { byKind } from "@ropewalk/check";
import { weightsFingerprint } from "@ropewalk/models";
import { checkUnchanged } from "./loaded-model.ts";
import type { ModelSource } from "./model-source.ts";

/** Gives a function that reads the weights at its first call. If that fails, the next call reads them again. */
export const fingerprintOnce = (source: ModelSource): (() => Promise<string>) => {
  let made: Promise<string> | undefined;
  const make = async (): Promise<string> => {
    // The weights that run were mapped earlier. A file that was written over since holds other weights.
    await checkUnchanged({ source });
    return byKind<ModelSource, Promise<string>, []>("fingerprint", "source", source, {
      checkpoint: weightsFingerprint,
      export: ({ fingerprint }) => fingerprint(),
    });
  };
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
};
