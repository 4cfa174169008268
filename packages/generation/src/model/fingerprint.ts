/** What tells the weights of a loaded model from others, as they are run: rounded, and with adapters beside them. */
import { weightsFingerprint } from "@ropewalk/models";
import { match } from "ts-pattern";
import { checkUnchanged } from "./loaded-model.ts";
import type { ModelSource } from "./model-source.ts";

/** Reads the weights when it is first asked for, and what failed anew. */
export const fingerprintOnce = (source: ModelSource): (() => Promise<string>) => {
  let made: Promise<string> | undefined;
  const make = async (): Promise<string> => {
    // What is run was mapped before: files that were written over since have other weights.
    await checkUnchanged({ source });
    return match(source)
      .with({ kind: "checkpoint" }, weightsFingerprint)
      .with({ kind: "export" }, ({ fingerprint }) => fingerprint())
      .exhaustive();
  };
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
};
